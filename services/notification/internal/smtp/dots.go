package smtp

import (
	"bytes"
	"net/textproto"
)

var (
	crlf = []byte("\r\n")
	// dotLine is where a line begins whose dot the server would take away, or take for the mail's end.
	dotLine = []byte("\n.")
)

// writeMail writes a mail and its end as a DotWriter does, which reads a mail byte by byte: as many as all else that its
// way to the server costs. A mail whose lines end as they should needs a second dot here and there, and is copied otherwise.
func writeMail(to *textproto.Writer, mail []byte) error {
	lines := bytes.Count(mail, crlf)
	if !bytes.HasSuffix(mail, crlf) || mail[0] == '.' || bytes.Count(mail, crlf[:1]) != lines || bytes.Count(mail, crlf[1:]) != lines {
		w := to.DotWriter()
		if _, err := w.Write(mail); err != nil {
			return err
		}
		return w.Close()
	}
	// An error stays with the writer until it is flushed.
	for at := bytes.Index(mail, dotLine); at >= 0; at = bytes.Index(mail, dotLine) {
		_, _ = to.W.Write(mail[:at+1])
		_ = to.W.WriteByte('.')
		mail = mail[at+1:]
	}
	_, _ = to.W.Write(mail)
	_, _ = to.W.WriteString(".\r\n")
	return to.W.Flush()
}
