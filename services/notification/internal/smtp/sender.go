package smtp

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/kit/fault"
)

var (
	errClosed  = errors.New("smtp: sender closed")
	errTooLate = errors.New("smtp: send_before has passed")
)

// Sender sends mails to one server over a few kept connections. It may be used by many goroutines at once.
type Sender struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	slots   chan struct{} // one place per connection in use

	mu     sync.Mutex
	idle   []*conn // the one used last at the end
	closed bool
}

// New makes a Sender. It does not connect; see Check. Faulty settings are a fault of kind Invalid.
func New(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Sender, error) {
	if errs := cfg.Validate(); len(errs) > 0 {
		return nil, fault.New(fault.Invalid, "bad_mail_settings", "The mail server's settings are faulty.").In("smtp.new").Because(errors.Join(errs...))
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, fault.New(fault.Internal, "metrics", "The mail metrics cannot be registered.").In("smtp.new").Because(err)
	}
	cfg = cfg.filled()
	return &Sender{cfg: cfg, log: log, metrics: m, slots: make(chan struct{}, cfg.Connections)}, nil
}

// Send sends one mail and says what became of it. It waits for a free connection as long as ctx allows. When ctx ends
// the attempt ends at once, save that the answer to a mail that has wholly left is awaited two seconds longer.
func (s *Sender) Send(ctx context.Context, m Message) Result {
	start := time.Now()
	r := s.send(ctx, &m)
	took := time.Since(start)
	s.metrics.count(r.Outcome, took)
	if s.log.Enabled(ctx, slog.LevelDebug) {
		attrs := []slog.Attr{
			slog.String("message_id", m.ID), slog.String("order_number", m.Order), slog.String("outcome", r.Outcome.String()),
			slog.Int("code", r.Code), slog.Duration("took", took),
		}
		if r.Err != nil {
			attrs = append(attrs, slog.String("cause", r.Err.Error()))
		}
		s.log.LogAttrs(ctx, slog.LevelDebug, "mail attempt", attrs...)
	}
	return r
}

func (s *Sender) send(ctx context.Context, m *Message) Result {
	l, err := m.write()
	if err != nil {
		return Result{Outcome: Refused, Err: err}
	}
	defer l.free()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return notBegun("mail_busy", "All connections to the mail server are busy.", context.Cause(ctx))
	}
	for kept := true; ; kept = false {
		c, err := s.take(ctx, kept)
		if err != nil {
			r := notBegun("mail_server_unreachable", "The mail server cannot be reached.", err)
			r.Code, r.Answer = answerOf(err)
			return r
		}
		if !m.SendBefore.IsZero() && time.Now().After(m.SendBefore) {
			s.keep(c)
			return notBegun("mail_too_late", "The time in which the mail was to be sent is over.", errTooLate)
		}
		r, stale := c.deliver(ctx, l, &s.cfg)
		s.keep(c)
		if !stale {
			return r
		}
	}
}

// Check connects and signs in as for a mail, and keeps the connection. It tells a wrong setting before the first mail
// does: a server that cannot be used is a fault of kind Unavailable.
func (s *Sender) Check(ctx context.Context) error {
	c, err := connect(ctx, &s.cfg)
	if err != nil {
		return fault.New(fault.Unavailable, "mail_server_unreachable", "The mail server cannot be reached.").In("smtp.check").Because(err)
	}
	s.keep(c)
	return nil
}

// Close ends the kept connections, after the mails under way have come to their end. Later mails are put off. It may be
// called more than once.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
	for range cap(s.slots) {
		<-s.slots
	}
}

// take gives a connection: a kept one if that is wanted and there is one, else a new one.
func (s *Sender) take(ctx context.Context, kept bool) (*conn, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, errClosed
	}
	old := s.expired()
	var c *conn
	if last := len(s.idle) - 1; kept && last >= 0 {
		c, s.idle = s.idle[last], s.idle[:last]
	}
	s.mu.Unlock()
	for _, o := range old {
		o.close()
	}
	if c != nil {
		return c, nil
	}
	return connect(ctx, &s.cfg)
}

// expired takes the connections out that nobody has used for too long: the oldest stand first.
func (s *Sender) expired() []*conn {
	limit := time.Now().Add(-s.cfg.IdleTimeout)
	n := 0
	for n < len(s.idle) && s.idle[n].since.Before(limit) {
		n++
	}
	if n == 0 {
		return nil
	}
	old := append([]*conn(nil), s.idle[:n]...)
	s.idle = append(s.idle[:0], s.idle[n:]...)
	return old
}

// keep puts a connection back, or ends it when it is broken, too many or the Sender is closed.
func (s *Sender) keep(c *conn) {
	s.mu.Lock()
	if !c.broken && !s.closed && len(s.idle) < s.cfg.Connections {
		s.idle = append(s.idle, c)
		c = nil
	}
	s.mu.Unlock()
	if c != nil {
		c.close()
	}
}
