package mailcatcher

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// maxKept is how much of one mail is kept, in bytes.
const maxKept = 256 << 10

// raw is a mail as it came. It is never changed once it is in the box.
type raw struct {
	id   uint64 // 1 for the first mail caught
	at   time.Time
	from string
	to   []string
	data []byte
}

// box holds the last mails and counts all.
type box struct {
	keep int

	mu     sync.Mutex
	total  uint64
	mails  []raw         // a ring once it is full: the mail with id i stands at (i-1) % keep
	change chan struct{} // closed and replaced at each mail while somebody waits; nil while nobody does
	closed bool
}

func newBox(cfg Config) *box {
	if cfg.Keep <= 0 {
		return &box{keep: defaultKeep}
	}
	return &box{keep: cfg.Keep}
}

// add counts a mail and keeps it.
func (b *box) add(m raw) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total++
	m.id = b.total
	if len(b.mails) < b.keep {
		b.mails = append(b.mails, m)
	} else {
		b.mails[(m.id-1)%uint64(b.keep)] = m
	}
	b.wake()
}

// wake tells those who wait; the caller holds the lock.
func (b *box) wake() {
	if b.change != nil {
		close(b.change)
		b.change = nil
	}
}

// close sends everyone home who waits, now and later.
func (b *box) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.wake()
}

// all gives the kept mails, newest first, and the count of all ever caught. When the box changes, or is closed, changed
// is closed.
func (b *box) all() (mails []raw, total uint64, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mails = slices.Clone(b.mails)
	slices.SortFunc(mails, func(x, y raw) int { return int(int64(y.id) - int64(x.id)) })
	if b.change == nil {
		b.change = make(chan struct{})
		if b.closed {
			close(b.change)
		}
	}
	return mails, b.total, b.change
}

// find gives a kept mail.
func (b *box) find(id uint64) (raw, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.mails, func(m raw) bool { return m.id == id })
	if i < 0 {
		return raw{}, false
	}
	return b.mails[i], true
}

// search gives the kept mails that match, newest first, and the count of all ever caught. With atLeast it waits until so
// many match or ctx ends.
func (b *box) search(ctx context.Context, match func(*Message) bool, atLeast int) (found []Message, total uint64) {
	for {
		mails, total, changed := b.all()
		found = found[:0]
		for _, m := range mails {
			if read := m.read(); match(&read) {
				found = append(found, read)
			}
		}
		if len(found) >= atLeast || b.done(ctx) {
			return found, total
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (b *box) done(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed || ctx.Err() != nil
}

// session takes mails on one connection.
type session struct {
	box *box
	now raw
}

func (s *session) Reset()        { s.now = raw{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.now.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.to = append(s.now.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	m := s.now
	data, err := io.ReadAll(io.LimitReader(r, maxKept))
	if err != nil {
		return err
	}
	m.at, m.data = time.Now(), data
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.box.add(m)
	return nil
}
