// Package smtp hands finished mails to a mail server.
//
// Model: a [Sender] keeps a few connections to one server and sends one [Message] to one recipient per transaction. The
// whole mail is written to memory first, so what is wrong with a mail shows before the server hears of it. Where the
// server allows pipelining, sender, recipient and the wish to send travel in one packet, the mail in a second one: two
// round trips per mail on a kept connection, without RSET or NOOP in between. Connecting, TLS and sign-in are go-mail's
// client; the transaction is spoken here, because only whoever sees each step can tell what a lost connection means.
//
// Guarantees: every send ends in one of four outcomes, and only a server's 2xx answer to the whole mail is [Sent]. A mail
// is never sent twice by one Send: a new connection is tried only while nothing of the mail's content has left. A line
// break or other control character in a header field or address is refused before anything is sent; no field can add a
// header, a recipient or a command. A password never travels in the clear except to the same machine.
//
// Failures: [Unknown] when the connection is lost after the mail's last byte and before the answer; sending the mail again
// may then deliver it twice, with the same Message-ID. [Retry] for 4xx answers, a server that cannot be reached and
// one that rejects our sign-in: none of that is the mail's fault. [Refused] for other 5xx answers and for a mail that
// cannot be sent as it is. Addresses with a quoted local part are refused. One outcome for one recipient: no DSN, no lists.
package smtp
