package sink

import (
	"bytes"
	"io"
	"sync/atomic"
)

const (
	bufferSize = 64 << 10
	maxLine    = 4 << 10  // bytes of a command
	maxMail    = 16 << 20 // bytes of a mail
)

const (
	greeting   = "220 sink.localhost ESMTP\r\n"
	extensions = "250-sink.localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 16777216\r\n"
)

var (
	lineEnd = []byte("\r\n")
	mailEnd = []byte("\r\n.\r\n")
)

// session is one connection's talk.
type session struct {
	taken *atomic.Int64
	out   []byte // answers that have not left
	over  bool   // say what is left to say, then hang up

	sender, recipient bool
	inMail            bool
	size              int // of the mail so far
}

// talk speaks SMTP until the client has gone or said QUIT.
func talk(c io.ReadWriter, taken *atomic.Int64) {
	s := &session{taken: taken, out: []byte(greeting)}
	buffer := make([]byte, bufferSize)
	held := 0
	for {
		if len(s.out) > 0 {
			if _, err := c.Write(s.out); err != nil {
				return
			}
			s.out = s.out[:0]
		}
		if s.over {
			return
		}
		n, err := c.Read(buffer[held:])
		if err != nil {
			return
		}
		rest := s.take(buffer[:held+n])
		held = copy(buffer, rest)
	}
}

// take reads what has come and gives back what cannot be understood yet: less than a whole command, or what may be the
// beginning of a mail's end. That is always less than the buffer.
func (s *session) take(b []byte) (rest []byte) {
	for !s.over {
		if s.inMail {
			at := bytes.Index(b, mailEnd)
			if at < 0 {
				whole := max(0, len(b)-len(mailEnd)+1)
				s.size += whole
				return b[whole:]
			}
			s.size += at
			s.finish()
			b = b[at+len(mailEnd):]
			continue
		}
		at := bytes.Index(b, lineEnd)
		if at < 0 && len(b) < maxLine {
			return b
		}
		if at < 0 || at > maxLine {
			s.say("500 line too long")
			s.over = true
			break
		}
		s.command(b[:at])
		if s.inMail {
			b = b[at:] // the line end before the first line: a dot may follow at once
		} else {
			b = b[at+len(lineEnd):]
		}
	}
	return nil
}

func (s *session) say(answer string) { s.out = append(append(s.out, answer...), "\r\n"...) }

// finish ends a mail.
func (s *session) finish() {
	if s.size > maxMail {
		s.say("552 mail too large")
	} else {
		s.taken.Add(1)
		s.say("250 taken")
	}
	s.reset()
}

func (s *session) reset() { s.sender, s.recipient, s.inMail, s.size = false, false, false, 0 }

func (s *session) command(line []byte) {
	verb, argument, _ := bytes.Cut(line, []byte(" "))
	switch string(bytes.ToUpper(verb)) {
	case "MAIL":
		s.say(s.from(argument))
	case "RCPT":
		s.say(s.to(argument))
	case "DATA":
		s.say(s.data(argument))
	case "EHLO":
		s.reset()
		s.out = append(s.out, extensions...)
	case "HELO":
		s.reset()
		s.say("250 sink.localhost")
	case "RSET":
		s.reset()
		s.say("250 ok")
	case "NOOP":
		s.say("250 ok")
	case "QUIT":
		s.say("221 bye")
		s.over = true
	default:
		s.say("502 unknown command")
	}
}

func (s *session) from(argument []byte) (answer string) {
	switch {
	case s.sender:
		return "503 there is a sender already"
	case !isPath(argument, "FROM:<"):
		return "501 want MAIL FROM:<address>"
	}
	s.sender = true
	return "250 ok"
}

func (s *session) to(argument []byte) (answer string) {
	switch {
	case !s.sender:
		return "503 want MAIL first"
	case !isPath(argument, "TO:<") || argument[len("TO:<")] == '>':
		return "501 want RCPT TO:<address>"
	}
	s.recipient = true
	return "250 ok"
}

func (s *session) data(argument []byte) (answer string) {
	switch {
	case !s.recipient:
		return "503 want MAIL and RCPT first"
	case len(argument) > 0:
		return "501 want DATA alone"
	}
	s.inMail = true
	return "354 go on, end with a dot alone"
}

// isPath tells whether an argument is an address in angle brackets after its word, with parameters or without.
func isPath(argument []byte, word string) bool {
	if len(argument) < len(word) || !bytes.EqualFold(argument[:len(word)], []byte(word)) {
		return false
	}
	end := bytes.LastIndexByte(argument, '>')
	return end > 0 && (end == len(argument)-1 || argument[end+1] == ' ')
}
