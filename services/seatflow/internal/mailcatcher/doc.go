// Package mailcatcher is the mail server of the all-in-one program: it takes every mail, delivers none, and shows what it
// got.
//
// Model: an SMTP server and a small web server, both on loopback. The last mails are kept in memory as they came and
// are read only when somebody looks, so that catching stays cheap. The page at / lists them, /messages/{id} shows one,
// GET /api/messages gives them as JSON:
//
//	to, subject   only mails whose recipient or subject holds this, in any case
//	limit         at most this many, newest first (50 unless told; 0 for the counts alone)
//	at_least      with wait: answer once so many mails match, or when the time is over
//	wait          how long, such as 5s, at most 30s
//
// total counts every mail since the start, whatever is still kept.
//
// Guarantees: it listens on loopback only and refuses to start elsewhere, since it asks nobody who they are; a web request
// by another host name is refused as well, so that no page elsewhere can read mails through the reader's browser. Memory is
// bounded: a mail over 1 MiB is refused, of one up to that 256 KiB are kept, of all the last Keep. Pages escape what mails
// say and run no script.
//
// Failures: a mail that cannot be read is kept and shown as it came. Mails are gone when the program ends.
package mailcatcher
