package smtp_test

import (
	"bufio"
	"crypto/tls"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
)

// script is a mail server that misbehaves on cue: it answers each command, known by its first word, with the lines given,
// and hangs up where there are none. "greet" stands for a new connection, "." for the end of a mail's text.
type script struct {
	answers map[string]string
	silent  string            // the command that gets no answer while the connection stays open
	tls     *tls.Config       // when set, TLS from the first byte
	once    map[string]string // what takes the place of answers for the next of these commands, once armed

	mu          sync.Mutex
	armed       bool
	connections int
	commands    []string
	wg          sync.WaitGroup
	open        []net.Conn
}

var polite = map[string]string{
	"greet": "220 script", "EHLO": "250-script\r\n250 PIPELINING", "MAIL": "250 ok", "RCPT": "250 ok",
	"DATA": "354 go ahead", ".": "250 2.0.0 queued", "RSET": "250 ok", "QUIT": "221 bye",
}

// but is polite with other answers to some commands.
func but(changes map[string]string) map[string]string {
	m := maps.Clone(polite)
	maps.Copy(m, changes)
	return m
}

func (s *script) start(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			s.open = append(s.open, c)
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(c) })
		}
	})
	address := l.Addr().String()
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		for _, c := range s.open {
			c.Close()
		}
		s.mu.Unlock()
		s.wg.Wait()
	})
	return address
}

func (s *script) serve(c net.Conn) {
	defer c.Close()
	if !s.answer(c, "greet") {
		return
	}
	lines := bufio.NewScanner(c)
	inText := false
	for lines.Scan() {
		line := lines.Text()
		word, _, _ := strings.Cut(line, " ")
		if inText && line != "." {
			continue
		}
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		if !s.answer(c, word) {
			return
		}
		inText = word == "DATA" && strings.HasPrefix(s.answers["DATA"], "354")
	}
}

func (s *script) answer(c net.Conn, word string) bool {
	if word == s.silent {
		return true
	}
	text := s.answers[word]
	s.mu.Lock()
	if other, ok := s.once[word]; ok && s.armed {
		text, s.armed = other, false
	}
	s.mu.Unlock()
	if text == "" {
		return false
	}
	_, err := c.Write([]byte(text + "\r\n"))
	return err == nil
}

func (s *script) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = true
}

// seen gives the commands received so far and the number of connections.
func (s *script) seen() (commands []string, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...), s.connections
}
