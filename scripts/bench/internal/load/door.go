package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 30 * time.Second
	ordersPath    = "/api/licensing/orders"
	// maxWaiting is how many orders may wait for a connection when they are placed at fixed times.
	maxWaiting = 1 << 16
)

// job is an order that is due; a zero time stands for the moment at which a connection takes it.
type job struct {
	run *Run
	due time.Time
}

// Door is the sender that posts one order per request over kept connections. Requests are written and answers read by hand,
// since the load shares the machine with what it measures.
type Door struct {
	offers Offers
	host   string
	head   string
	jobs   chan job
	wg     sync.WaitGroup
	stop   context.CancelFunc
}

// OpenDoor opens the connections to a portal and signs in with a token. Without a queue an order waits to be sent until a
// connection is free, and its time begins then; with one it waits in the queue, and its time runs.
func OpenDoor(ctx context.Context, base, token string, conns int, queue bool, offers Offers) (*Door, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the portal's address %q is no URL", base)
	}
	d := &Door{offers: offers, host: u.Host, jobs: make(chan job)}
	if queue {
		d.jobs = make(chan job, maxWaiting)
	}
	d.head = "POST " + ordersPath + " HTTP/1.1\r\nHost: " + u.Host + "\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
	ctx, d.stop = context.WithCancel(ctx)
	for range conns {
		c, err := d.dial(ctx)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.wg.Go(func() { c.work(ctx, d.jobs) })
	}
	return d, nil
}

// Close ends the connections after the orders that wait.
func (d *Door) Close() error {
	close(d.jobs)
	d.wg.Wait()
	d.stop()
	return nil
}

// Send implements Sender.
func (d *Door) Send(ctx context.Context, r *Run, due time.Time) error {
	if cap(d.jobs) == 0 {
		due = time.Time{}
	}
	select {
	case d.jobs <- job{r, due}:
		return nil
	case <-r.failed:
	case <-ctx.Done():
	}
	return r.broken(ctx)
}

// conn is one kept connection.
type conn struct {
	door *Door
	net  net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
}

func (d *Door) dial(ctx context.Context) (*conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	c, err := dialer.DialContext(ctx, "tcp", d.host)
	if err != nil {
		return nil, err
	}
	return &conn{door: d, net: c, in: bufio.NewReader(c)}, nil
}

// work posts what is due until there are no more jobs. The end of ctx breaks a request off.
func (c *conn) work(ctx context.Context, jobs <-chan job) {
	defer c.net.Close()
	unhook := context.AfterFunc(ctx, func() { c.net.Close() })
	defer unhook()
	for j := range jobs {
		if j.run.broken(ctx) != nil {
			continue
		}
		due := j.due
		if due.IsZero() {
			due = time.Now()
		}
		number := j.run.sending(due)
		id, err := c.post(j.run, number)
		if err != nil {
			j.run.Fail(fmt.Errorf("place an order over HTTP: %w", err))
			continue
		}
		j.run.accepted(number, id)
	}
}

// post places one order and gives its id.
func (c *conn) post(r *Run, number int) (uuid.UUID, error) {
	c.body = c.door.offers.appendJSON(c.body[:0], number)
	b := append(append(c.out[:0], c.door.head...), "Idempotency-Key: "...)
	b = strconv.AppendInt(append(b, r.tag...), int64(number), 10)
	b = strconv.AppendInt(append(b, "\r\nContent-Length: "...), int64(len(c.body)), 10)
	b = append(append(b, "\r\n\r\n"...), c.body...)
	c.out = b
	if err := c.net.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return uuid.Nil, err
	}
	if _, err := c.net.Write(b); err != nil {
		return uuid.Nil, err
	}
	return readAnswer(c.in)
}
