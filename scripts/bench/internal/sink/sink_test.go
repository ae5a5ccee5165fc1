package sink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/smtp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
)

// client sends one part after another and notes what each is answered.
type client struct {
	parts  []string
	writes []string
}

func (c *client) Read(b []byte) (int, error) {
	if len(c.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.parts[0])
	if c.parts[0] = c.parts[0][n:]; c.parts[0] == "" {
		c.parts = c.parts[1:]
	}
	return n, nil
}

func (c *client) Write(b []byte) (int, error) {
	c.writes = append(c.writes, string(b))
	return len(b), nil
}

// hold talks and gives all answers, one write an element, and the mails taken.
func hold(parts ...string) (answers []string, mails int64) {
	var taken atomic.Int64
	c := &client{parts: parts}
	talk(c, &taken)
	return c.writes[1:], taken.Load()
}

// codes are the answers' codes.
func codes(answers []string) string {
	var out []string
	for line := range strings.Lines(strings.Join(answers, "")) {
		if line[3] == ' ' {
			out = append(out, line[:3])
		}
	}
	return strings.Join(out, " ")
}

const (
	envelope = "MAIL FROM:<a@example.com> BODY=8BITMIME\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
	// dotty holds everything that looks like a mail's end and is none.
	dotty = "Subject: x\r\n\r\n..\r\n..x\r\n.x\r\nx.\r\n\n.\n\r.\r\r\n.\r\r\n.\n.\r\n \r\n.\r\n"
)

func TestPipelinedCommandsAreAnsweredInOneWrite(t *testing.T) {
	t.Parallel()
	answers, mails := hold("EHLO me\r\n", envelope, "x\r\n", ".\r\n", envelope, dotty, "QUIT\r\n")
	want := []string{
		extensions, "250 ok\r\n250 ok\r\n354 go on, end with a dot alone\r\n", "250 taken\r\n",
		"250 ok\r\n250 ok\r\n354 go on, end with a dot alone\r\n", "250 taken\r\n", "221 bye\r\n",
	}
	if !slices.Equal(answers, want) || mails != 2 {
		t.Errorf("%d mails, %q", mails, answers)
	}
}

func TestMailsMayBeSplitAnywhere(t *testing.T) {
	t.Parallel()
	talk := "EHLO me\r\n" + envelope + dotty + envelope + ".\r\n" + envelope + "\r\n.\r\nQUIT\r\n"
	const want = "250 250 250 354 250 250 250 354 250 250 250 354 250 221"
	for i := range len(talk) {
		for j := i; j < len(talk); j++ {
			answers, mails := hold(talk[:i], talk[i:j], talk[j:])
			if got := codes(answers); got != want || mails != 3 {
				t.Fatalf("split at %d and %d: %d mails, %s", i, j, mails, got)
			}
		}
	}
	if answers, mails := hold(strings.Split(talk, "")...); codes(answers) != want || mails != 3 {
		t.Errorf("byte by byte: %d mails, %s", mails, codes(answers))
	}
}

func TestAMailWithoutItsEndDoesNotCount(t *testing.T) {
	t.Parallel()
	for end := range len(dotty) {
		if answers, mails := hold(envelope, dotty[:end]); mails != 0 || codes(answers) != "250 250 354" {
			t.Errorf("after %q: %d mails, %s", dotty[:end], mails, codes(answers))
		}
	}
}

func TestTheEnvelopeMustBeInOrder(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"RCPT TO:<b@x>\r\nDATA\r\n":                                               "503 503",
		"MAIL FROM:<a@x>\r\nDATA\r\n":                                             "250 503",
		"MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA x\r\n":                             "250 250 501",
		"MAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\n":                                  "250 503",
		"MAIL FROM:<a@x>\r\nRSET\r\nRCPT TO:<b@x>\r\n":                            "250 250 503",
		"MAIL FROM:<a@x>\r\nEHLO me\r\nRCPT TO:<b@x>\r\n":                         "250 250 503",
		"MAIL FROM:a@x\r\nMAIL FROM:<a@x\r\nMAIL <a@x>\r\nMAIL\r\n":               "501 501 501 501",
		"MAIL FROM:<a@x>\r\nRCPT TO:<>\r\nRCPT TO:<b@x>junk\r\nRCPT TO:\r\n":      "250 501 501 501",
		"mail from:<\"a>b\"@x> SIZE=1 SMTPUTF8\r\nrcpt to:<ü@x> NOTIFY=NEVER\r\n": "250 250",
		envelope + ".\r\nDATA\r\n":                                                "250 250 354 250 503",
		"HELO me\r\nNOOP\r\nVRFY b@x\r\n\r\nSTARTTLS\r\nQUIT\r\nNOOP\r\n":         "250 250 502 502 502 221",
		"NOOP " + strings.Repeat("x", maxLine) + "\r\nNOOP\r\n":                   "500",
		"NOOP " + strings.Repeat("x", 2*bufferSize):                               "500",
		"NOOP\nMAIL FROM:<a@x>\n\r\n":                                             "502",
		"NOOP " + strings.Repeat("x", maxLine-len("NOOP ")) + "\r\nNOOP\r\n":      "250 250",
	} {
		if answers, _ := hold(said); codes(answers) != want {
			t.Errorf("%.80q: %q, want %s", said, answers, want)
		}
	}
}

func TestATooLargeMailIsRefusedAndTheNextOneTaken(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(strings.Repeat("x", 1022)+"\r\n", maxMail>>10)
	answers, mails := hold(envelope, large, "more\r\n.\r\n", envelope, "x\r\n.\r\n")
	if got := codes(answers); got != "250 250 354 552 250 250 354 250" || mails != 1 {
		t.Errorf("%d mails, %s", mails, got)
	}
}

// FuzzSplits holds that it makes no difference how what is said is split.
func FuzzSplits(f *testing.F) {
	f.Add([]byte(envelope+dotty), uint(7))
	f.Add([]byte("RSET\r\n"+envelope+".\r\n\r\n.\r\n"), uint(1))
	f.Fuzz(func(t *testing.T, said []byte, at uint) {
		i := int(at % uint(len(said)+1))
		whole, mails := hold(string(said))
		split, same := hold(string(said[:i]), string(said[i:]))
		if strings.Join(whole, "") != strings.Join(split, "") || mails != same {
			t.Errorf("%q, %d mails; split at %d %q, %d mails", whole, mails, i, split, same)
		}
	})
}

func TestItTakesAndCountsMails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	said, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Run(ctx, out) }()
	line := make([]byte, 200)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address, page, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "smtp ")), " page ")
	if !ok {
		t.Fatalf("it says %q", line[:n])
	}
	kept, err := smtp.Dial(address) // stays open: it must not keep the sink from ending
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }() // the sink has ended it by then
	mail := bytes.Repeat([]byte("a line\r\n.\r\n..\r\n"), 10_000)
	for range 3 {
		if err := smtp.SendMail(address, nil, "a@example.com", []string{"b@example.com", "c@example.com"}, mail); err != nil {
			t.Fatal(err)
		}
	}
	if mails, err := (witness.Witness{Mail: page}).Mails(t.Context()); err != nil || mails != 3 {
		t.Errorf("%d mails, %v", mails, err)
	}
	cancel(errors.New("over"))
	if err := <-done; err != nil {
		t.Error(err)
	}
}
