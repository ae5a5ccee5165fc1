package mailcatcher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/mailcatcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catcher is a running mail catcher and a client of its pages.
type catcher struct {
	smtp, http string
	client     *http.Client
	stop       func() // ends it and waits; may be called more than once
}

// start runs a mail catcher until the test ends.
func start(t testing.TB, cfg mailcatcher.Config) *catcher {
	t.Helper()
	cfg.SMTPListen, cfg.HTTPListen = "127.0.0.1:0", "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	up, ended := make(chan *catcher, 1), make(chan error, 1)
	go func() {
		ended <- mailcatcher.Run(ctx, cfg, slog.New(slog.DiscardHandler), func(smtpAddr, httpAddr string) {
			up <- &catcher{smtp: smtpAddr, http: "http://" + httpAddr}
		})
	}()
	var c *catcher
	select {
	case c = <-up:
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	transport := &http.Transport{}
	c.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	c.stop = sync.OnceFunc(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(c.stop)
	return c
}

// send hands the catcher a mail as any program would.
func (c *catcher) send(t testing.TB, to, subject, text string) {
	t.Helper()
	mail := "From: Seatflow <seatflow@example.com>\r\nTo: " + to + "\r\nSubject: " + subject +
		"\r\nMessage-ID: <m1@example.com>\r\nDate: Sun, 01 Mar 2026 10:30:00 +0100\r\nX-Seatflow-Order: ORD-2026-00148\r\n\r\n" + text + "\r\n"
	c.sendRaw(t, to, mail)
}

func (c *catcher) sendRaw(t testing.TB, to, mail string) {
	t.Helper()
	if err := smtp.SendMail(c.smtp, nil, "bounce@example.com", []string{to}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
}

// get reads a path of the pages.
func (c *catcher) get(t testing.TB, path string) (status int, body string) {
	t.Helper()
	res, err := c.client.Get(c.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

type listed struct {
	Total    uint64
	Matched  int
	Messages []mailcatcher.Message
}

func (c *catcher) list(t testing.TB, query string) listed {
	t.Helper()
	status, body := c.get(t, "/api/messages?"+query)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	var l listed
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCaughtMailIsListed(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	c.send(t, "admin@example.com", "=?utf-8?q?Gr=C3=BCn?=", "Hello\r\n.dot")
	l := c.list(t, "")
	if l.Total != 1 || l.Matched != 1 || len(l.Messages) != 1 {
		t.Fatalf("%+v", l)
	}
	got := l.Messages[0]
	if time.Since(got.Received) > time.Minute {
		t.Errorf("received at %s", got.Received)
	}
	got.Received = time.Time{}
	want := mailcatcher.Message{
		ID: 1, From: "Seatflow <seatflow@example.com>", To: []string{"admin@example.com"}, Subject: "Grün", MessageID: "m1@example.com",
		Date: "2026-03-01T09:30:00Z", Order: "ORD-2026-00148", Text: "Hello\n.dot\n",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	for i := range 6 {
		c.send(t, fmt.Sprintf("User%d@Example.com", i%2), fmt.Sprintf("Order %d completed", i), "x")
	}
	for query, want := range map[string]struct{ matched, shown int }{
		"":                                    {6, 6},
		"to=user1@example.com":                {3, 3},
		"subject=ORDER+4":                     {1, 1},
		"to=user0&subject=order+1":            {0, 0},
		"limit=2":                             {6, 2},
		"limit=0":                             {6, 0},
		"at_least=6&wait=5s":                  {6, 6},
		"at_least=7&wait=1ms":                 {6, 6},
		"to=user1&at_least=3&wait=5s&limit=1": {3, 1},
	} {
		l := c.list(t, query)
		if l.Total != 6 || l.Matched != want.matched || len(l.Messages) != want.shown {
			t.Errorf("%q: %+v", query, l)
		}
	}
	if l := c.list(t, ""); l.Messages[0].Subject != "Order 5 completed" {
		t.Errorf("the newest is not first: %+v", l.Messages)
	}
}

func TestFaultyQueries(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	for _, query := range []string{"limit=-1", "limit=x", "at_least=x", "wait=1h", "wait=soon"} {
		field, _, _ := strings.Cut(query, "=")
		for _, path := range []string{"/api/messages?", "/?"} {
			if status, body := c.get(t, path+query); status != http.StatusBadRequest || !strings.Contains(body, field) {
				t.Errorf("%s%s: %d %s", path, query, status, body)
			}
		}
	}
}

func TestWaitingForAMail(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	answer := make(chan listed, 1)
	go func() { answer <- c.list(t, "subject=second&at_least=1&wait=20s") }()
	c.send(t, "a@example.com", "first", "x")
	c.send(t, "a@example.com", "second", "x")
	if l := <-answer; l.Matched != 1 || l.Messages[0].Subject != "second" {
		t.Errorf("%+v", l)
	}
}

func TestStopSendsWaitingReadersHome(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	kept, err := smtp.Dial(c.smtp) // a sender that keeps its connection
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }() // the catcher has closed it by then
	reading := make(chan struct{})
	answered := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.http+"/api/messages?at_least=1&wait=20s", nil)
		if err != nil {
			answered <- err
			return
		}
		close(reading)
		res, err := c.client.Do(req)
		if err == nil {
			res.Body.Close()
		}
		answered <- nil // refused or answered: either way it does not wait for 20 seconds
	}()
	<-reading
	begun := time.Now()
	c.stop()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

func TestOnlyTheLastAreKept(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{Keep: 3})
	for i := range 8 {
		c.send(t, "a@example.com", fmt.Sprintf("mail %d", i+1), "x")
	}
	l := c.list(t, "")
	if l.Total != 8 || len(l.Messages) != 3 || l.Messages[0].Subject != "mail 8" || l.Messages[2].Subject != "mail 6" {
		t.Errorf("%+v", l)
	}
	if status, _ := c.get(t, "/messages/5"); status != http.StatusNotFound {
		t.Errorf("a mail that is no longer kept: %d", status)
	}
	if status, body := c.get(t, "/messages/7"); status != http.StatusOK || !strings.Contains(body, "mail 7") {
		t.Errorf("a kept mail: %d", status)
	}
}

func TestOversizedMailIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	long := "Subject: long\r\n\r\n" + strings.Repeat("0123456789\r\n", 100_000)
	if err := smtp.SendMail(c.smtp, nil, "a@example.com", []string{"b@example.com"}, []byte(long)); err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("error %v, want 552", err)
	}
	c.sendRaw(t, "b@example.com", long[:600_000])
	if l := c.list(t, ""); l.Total != 1 || len(l.Messages[0].Text) > 256<<10 || l.Messages[0].Subject != "long" {
		t.Errorf("total %d, %d bytes kept", l.Total, len(l.Messages[0].Text))
	}
}

func TestBodiesAreRead(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	for name, mail := range map[string]struct{ raw, text string }{
		"quoted printable": {"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n25 =C3=97 E5=\r\n!\r\n", "25 × E5!\n"},
		"base64":           {"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n", "hello"},
		"alternatives": {"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>no\r\n--b\r\nContent-Type: text/plain\r\n" +
			"Content-Transfer-Encoding: quoted-printable\r\n\r\nye=73\r\n--b--\r\n", "yes"},
		"html alone":         {"Content-Type: text/html\r\n\r\n<b>hi</b>\r\n", "<b>hi</b>\n"},
		"unreadable headers": {"\x00nonsense\r\nmore\r\n", "\x00nonsense\r\nmore\r\n"},
		"broken boundary":    {"Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing\r\n", ""},
		"broken charset":     {"Subject: =?what?q?x?=\r\n\r\nx\xff\r\n", "x\uFFFD\n"},
	} {
		c.sendRaw(t, "a@example.com", mail.raw)
		if got := c.list(t, "limit=1").Messages[0].Text; got != mail.text {
			t.Errorf("%s: %q, want %q", name, got, mail.text)
		}
	}
}

func TestPagesEscapeMails(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	c.send(t, "a@example.com", "<script>alert(1)</script>", "</pre><img src=x onerror=alert(1)>")
	for _, path := range []string{"/", "/messages/1", "/?subject=SCRIPT"} {
		status, body := c.get(t, path)
		if status != http.StatusOK || strings.Contains(body, "<script") || strings.Contains(body, "<img") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s: %d\n%s", path, status, body)
		}
	}
	if status, body := c.get(t, "/style.css"); status != http.StatusOK || !strings.Contains(body, "font") {
		t.Errorf("style: %d", status)
	}
	for _, path := range []string{"/messages/2", "/messages/x", "/elsewhere"} {
		if status, _ := c.get(t, path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestOtherHostNamesAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	for host, want := range map[string]int{
		"evil.example": http.StatusForbidden, "localhost.evil.example:80": http.StatusForbidden, "10.0.0.1": http.StatusForbidden,
		"localhost": http.StatusOK, "localhost:8025": http.StatusOK, "127.0.0.1:1": http.StatusOK, "[::1]:80": http.StatusOK, "[::1]": http.StatusOK,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.http+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := c.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, res.StatusCode, want)
		}
	}
}

func TestRefusesToListenElsewhere(t *testing.T) {
	t.Parallel()
	nobody := func(string, string) { t.Error("it listens") }
	for _, address := range []string{"", ":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		for _, cfg := range []mailcatcher.Config{
			{SMTPListen: address, HTTPListen: "127.0.0.1:0"}, {SMTPListen: "127.0.0.1:0", HTTPListen: address},
		} {
			if err := mailcatcher.Run(t.Context(), cfg, slog.New(slog.DiscardHandler), nobody); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", cfg, err)
			}
		}
	}
	c := start(t, mailcatcher.Config{})
	taken := mailcatcher.Config{SMTPListen: c.smtp, HTTPListen: "127.0.0.1:0"}
	if err := mailcatcher.Run(t.Context(), taken, slog.New(slog.DiscardHandler), nobody); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a taken address: %v", err)
	}
}

func TestRecipientsAndEnvelope(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Config{})
	to := []string{"a@example.com", "b@example.com"}
	if err := smtp.SendMail(c.smtp, nil, "bounce@example.com", to, []byte("Subject: x\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	l := c.list(t, "to="+url.QueryEscape("b@example.com"))
	if l.Matched != 1 || l.Messages[0].From != "bounce@example.com" || len(l.Messages[0].To) != 2 {
		t.Errorf("%+v", l)
	}
}
