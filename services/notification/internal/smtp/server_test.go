package smtp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// received is one mail as the server got it.
type received struct {
	from, to string
	data     []byte
}

// server is a mail server whose answers a test decides. The zero refusals mean "take everything".
type server struct {
	mail, rcpt, data error // answers to MAIL, RCPT and the whole mail; nil takes it
	discard          bool
	password         string // when set, AUTH is offered and this is the right one
	tls              *tls.Config

	mu          sync.Mutex
	mails       []received
	connections int
	srv         *gosmtp.Server
	listener    net.Listener
	served      chan error
}

// start serves on address, or on any port when it is empty, until the test ends or stop is called.
func (s *server) start(t testing.TB, address string) string {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	srv := gosmtp.NewServer(s)
	srv.Domain, srv.EnableSMTPUTF8, srv.TLSConfig, srv.AllowInsecureAuth = "sink.example.com", true, s.tls, true
	srv.ErrorLog = quiet{}
	s.srv, s.listener, s.served = srv, l, make(chan error, 1)
	go func() { s.served <- srv.Serve(l) }()
	t.Cleanup(func() { s.stop(t) })
	return l.Addr().String()
}

// stop ends the server with all its connections, as a crash would; a second call does nothing.
func (s *server) stop(t testing.TB) {
	if err := s.srv.Close(); errors.Is(err, gosmtp.ErrServerClosed) {
		return
	}
	s.listener.Close() // Close knows the listener only once Serve runs
	if err := <-s.served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

// refuse changes an answer while the server runs.
func (s *server) refuse(set func(s *server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set(s)
}

func (s *server) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

func (s *server) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *server) NewSession(*gosmtp.Conn) (gosmtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	if s.password != "" {
		return &authSession{session{s: s}}, nil
	}
	return &session{s: s}, nil
}

type session struct {
	s   *server
	now received
}

func (c *session) Reset()        { c.now = received{} }
func (c *session) Logout() error { return nil }

func (c *session) Mail(from string, _ *gosmtp.MailOptions) error {
	c.now.from = from
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.mail
}

func (c *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	c.now.to = to
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.rcpt
}

func (c *session) Data(r io.Reader) error {
	if c.s.discard {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.data != nil {
		return c.s.data
	}
	c.now.data = data
	c.s.mails = append(c.s.mails, c.now)
	return nil
}

// authSession is a session that wants a password.
type authSession struct{ session }

func (c *authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "seatflow" || password != c.s.password {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// sender makes a Sender for a server at address, with short timeouts that change may alter.
func sender(t testing.TB, address string, change func(*smtp.Config)) *smtp.Sender {
	t.Helper()
	cfg := smtp.Config{Address: address, Hello: "seatflow.example.com", ConnectTimeout: 5 * time.Second, SendTimeout: 5 * time.Second, AnswerTimeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	s, err := smtp.New(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// sample is a mail with something in every field.
func sample() smtp.Message {
	return smtp.Message{
		ID:      "0190aaaa-0000-7000-8000-000000000001.admin@seatflow.example.com",
		Date:    time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
		From:    netmail.Address{Name: "Seatflow", Address: "seatflow@example.com"},
		To:      netmail.Address{Name: "Zoë Łukasz 李", Address: "zoe@example.com"},
		ReplyTo: netmail.Address{Name: "Partner desk", Address: "desk@example.com"},
		Subject: "Approval needed: ORD-2026-00148, Bäckerei Grün, USD 14,250.00",
		Text:    "Hello,\n\n25 × Microsoft 365 E5 (new)\n.\n..a line with dots\nend\n",
		Order:   "ORD-2026-00148",
	}
}

// parsed reads a mail as a mail program would.
func parsed(t testing.TB, data []byte) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the mail cannot be read: %v\n%s", err, data)
	}
	return m
}
