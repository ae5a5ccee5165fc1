package smtp

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/seatflow/seatflow/services/kit/fault"
)

var (
	errSendTimeout   = errors.New("smtp: send timeout")
	errAnswerTimeout = errors.New("smtp: answer timeout")
)

const (
	// answerGrace is how long the answer to a whole mail is still awaited when the caller gives up: the mail is with the
	// server by then, and leaving at once would only lose what became of it.
	answerGrace = 2 * time.Second
	// quitTimeout bounds the farewell.
	quitTimeout = time.Second
)

// replyShutdown is the one code after which a server closes the connection.
const replyShutdown = 421

// conn is a connection that is ready for a transaction. One goroutine uses it at a time.
type conn struct {
	client     *smtp.Client
	raw        net.Conn // below TLS, for the deadlines
	pipelining bool
	utf8       bool
	reused     bool      // has carried a mail before
	broken     bool      // must not carry another one
	since      time.Time // when it was used last

	mu        sync.Mutex // guards the two below against interrupt
	at        phase
	cancelled bool
}

func newConn(client *smtp.Client, raw net.Conn) *conn {
	c := &conn{client: client, raw: raw, since: time.Now()}
	c.pipelining, _ = client.Extension("PIPELINING")
	c.utf8, _ = client.Extension("SMTPUTF8")
	return c
}

// deliver makes one transaction. stale says that a kept connection turned out dead before anything of the mail had left,
// so that another one may be tried at once.
func (c *conn) deliver(ctx context.Context, l *letter, cfg *Config) (r Result, stale bool) {
	if l.utf8 && !c.utf8 {
		return Result{Outcome: Refused, Err: fault.New(fault.Invalid, "mail_address_not_ascii",
			"The mail server does not take addresses outside ASCII.").In("smtp.send")}, false
	}
	c.enter(envelope, cfg.SendTimeout)
	stop := context.AfterFunc(ctx, c.interrupt)
	text, err := c.transact(l, cfg)
	code := 250
	if err != nil {
		code, text = replyOf(err)
		c.settle(code)
	}
	if !stop() {
		c.broken = true // the interrupt may yet move the deadline
	}
	timedOut := errors.Is(err, os.ErrDeadlineExceeded)
	stale = err != nil && c.reused && c.at == envelope && !timedOut && ctx.Err() == nil && (code == 0 || code == replyShutdown)
	if timedOut {
		err = errors.Join(c.deadline(ctx), err)
	}
	c.reused, c.since = true, time.Now()
	return judge(c.at, code, text, err), stale
}

// transact speaks the transaction and gives the server's answer to the mail. A server's refusal and a broken connection
// are its errors; c.at tells how far it came.
func (c *conn) transact(l *letter, cfg *Config) (text string, err error) {
	if err := c.open(l); err != nil {
		return "", err
	}
	c.enter(content, 0)
	// An error here means that the system did not take all the bytes, the last of which end the mail: it is not whole.
	if err := writeMail(&c.client.Text.Writer, l.body.Bytes()); err != nil {
		return "", err
	}
	c.enter(answer, cfg.AnswerTimeout)
	_, text, err = c.client.Text.ReadResponse(2)
	return text, err
}

// open names sender and recipient and asks to send. Pipelined, all three commands are answered whatever becomes of the
// first; a server that then waits for a mail it has refused to deliver gets none, and loses the connection.
func (c *conn) open(l *letter) error {
	var parameter string
	if l.utf8 {
		parameter = " SMTPUTF8"
	}
	commands := [...]struct {
		line   [5]string
		expect int
	}{
		{[...]string{"MAIL FROM:<", l.from, ">", parameter, "\r\n"}, 2},
		{[...]string{"RCPT TO:<", l.to, ">", "", "\r\n"}, 2},
		{[...]string{"DATA", "", "", "", "\r\n"}, 354},
	}
	text := c.client.Text
	var first error
	for i := range commands {
		for _, part := range commands[i].line {
			_, _ = text.W.WriteString(part) // an error stays with the writer until it is flushed
		}
		if c.pipelining && i < len(commands)-1 {
			continue
		}
		if err := text.W.Flush(); err != nil {
			return err
		}
		if !c.pipelining {
			if _, _, err := text.ReadResponse(commands[i].expect); err != nil {
				return err
			}
		}
	}
	for i := 0; c.pipelining && i < len(commands); i++ {
		_, _, err := text.ReadResponse(commands[i].expect)
		if err == nil {
			c.broken = first != nil && i == len(commands)-1
			continue
		}
		if first == nil {
			first = err
		}
		if code, _ := replyOf(err); code == 0 || code == replyShutdown {
			c.broken = true
			break
		}
	}
	return first
}

// settle makes the connection fit for the next mail after a transaction that failed, or marks it broken.
func (c *conn) settle(code int) {
	switch {
	case code/100 != 4 && code/100 != 5, code == replyShutdown, c.at == content:
		c.broken = true // gone, going, or answers are out of step with commands
	case c.at == envelope && !c.broken:
		err := c.client.Text.PrintfLine("RSET")
		if err == nil {
			_, _, err = c.client.Text.ReadResponse(2)
		}
		c.broken = err != nil
	}
}

// enter notes how far the mail has come. d, unless zero, is how long the way to the next phase may take.
func (c *conn) enter(at phase, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	if c.cancelled {
		d = 0
		if at == answer {
			d = answerGrace
		}
	}
	if d > 0 {
		_ = c.raw.SetDeadline(time.Now().Add(d)) // fails on a closed connection only, which the next write reports
	}
}

// interrupt ends what the connection is doing because its caller's context has ended.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelled = true
	var grace time.Duration
	if c.at == answer {
		grace = answerGrace
	}
	_ = c.raw.SetDeadline(time.Now().Add(grace)) // as in enter
}

// deadline names the deadline that was missed.
func (c *conn) deadline(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.at == answer:
		return errAnswerTimeout
	default:
		return errSendTimeout
	}
}

// close ends the connection. QUIT is only said on a healthy one: textproto would first end a mail that was left half sent,
// and the server would take the half for the whole.
func (c *conn) close() {
	if !c.broken {
		_ = c.raw.SetDeadline(time.Now().Add(quitTimeout))
		_ = c.client.Quit() // a server that is gone has nothing to be told
	}
	_ = c.raw.Close() // Quit has usually closed it
}
