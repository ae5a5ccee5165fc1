package smtp_test

import (
	"bytes"
	"net"
	netmail "net/mail"
	"testing"

	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// BenchmarkSend is the way of a mail over a kept connection to a mail server that costs next to nothing.
func BenchmarkSend(b *testing.B) {
	s := sender(b, hole(b), nil)
	ctx, m := b.Context(), usual()
	b.ReportAllocs()
	for b.Loop() {
		if r := s.Send(ctx, m); r.Err != nil {
			b.Fatal(r.Err)
		}
	}
}

// BenchmarkWrite is the part of it that makes the bytes of the mail.
func BenchmarkWrite(b *testing.B) {
	m := usual()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := smtp.Write(&m); err != nil {
			b.Fatal(err)
		}
	}
}

// usual is a mail such as most are.
func usual() smtp.Message {
	m := sample()
	m.ID, m.To.Name, m.ReplyTo = "0190aaaa-0000-8000-8000-000000000001@seatflow.example.com", "Emily Chen", netmail.Address{}
	m.Subject = "Order completed: ORD-2026-00148, Contoso Corp, USD 14,250.00"
	m.Text = `Your order is completed.

Order:        ORD-2026-00148
Customer:     Contoso Corp
Requested by: Emily Chen (emily.chen@partner.example)
Amount:       USD 14,250.00

Line:
  - 25 × Microsoft 365 E5 (new)

Approved by John Smith.

See the order:
  http://127.0.0.1:8080/api/licensing/orders/ORD-2026-00148

Seatflow sent this by itself. Order id 0190aaaa-0000-7000-8000-000000000001.
`
	return m
}

// hole is a mail server for one connection that takes everything and looks at the ends of what it reads only.
func hole(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	b.Cleanup(func() { l.Close(); <-done })
	answers := []struct{ end, answer []byte }{
		{[]byte("DATA\r\n"), []byte("250 ok\r\n250 ok\r\n354 go ahead\r\n")},
		{[]byte("\r\n.\r\n"), []byte("250 2.0.0 queued\r\n")},
		{[]byte("QUIT\r\n"), []byte("221 bye\r\n")},
		{[]byte("\r\n"), []byte("250-hole\r\n250 PIPELINING\r\n")},
	}
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, err = c.Write([]byte("220 hole\r\n"))
		buf, n := make([]byte, 64<<10), 0
		for err == nil {
			var more int
			more, err = c.Read(buf[n:])
			n += more
			for i, a := range answers {
				inText := i == len(answers)-1 && !bytes.HasPrefix(buf[:n], []byte("EHLO"))
				if !inText && bytes.HasSuffix(buf[:n], a.end) {
					_, err = c.Write(a.answer)
					n = 0
					break
				}
			}
		}
	}()
	return l.Addr().String()
}
