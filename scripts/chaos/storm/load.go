package storm

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

const (
	// hands are how many orders may wait for their answer at once.
	hands = 96
	// againAfter is how long somebody waits after a refusal that may pass.
	againAfter = 300 * time.Millisecond
)

// placed is an order and what its sender was told.
type placed struct {
	*wish
	id      string // empty if it was refused
	sent    int
	refusal string
}

// load places orders and keeps what was answered.
type load struct {
	pub  *publisher
	web  []*site // one for each of the people
	plan *planner
	note *notes

	mu       sync.Mutex
	placed   map[string]*placed // by key
	accepted atomic.Int64
}

// run places orders at a rate until ctx ends, then waits until each has its answer; patience bounds that.
func (l *load) run(ctx, patience context.Context, rate int) {
	var workers sync.WaitGroup
	defer workers.Wait()
	todo := make(chan *wish)
	defer close(todo)
	for range hands {
		workers.Go(func() {
			for w := range todo {
				l.place(patience, w)
			}
		})
	}
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			select {
			case todo <- l.plan.next(now):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (l *load) place(ctx context.Context, w *wish) {
	p, err := l.send(ctx, w)
	if err == nil && w.again {
		var second *placed
		if second, err = l.send(ctx, w); err == nil && (second.id != p.id || (second.refusal == "") != (p.refusal == "")) {
			l.note.find(checkVerdicts, "%s (%s, %s) was told %q %s and then %q %s", w.key, w.door, w.kind, p.id, p.refusal, second.id, second.refusal)
		}
	}
	if err != nil {
		l.note.find(checkAnswered, "%s (%s, %s): %v", w.key, w.door, w.kind, err)
		return
	}
	if p.id != "" {
		l.accepted.Add(1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.placed[w.key] = p
}

// send sends an order by its door until it is answered.
func (l *load) send(ctx context.Context, w *wish) (*placed, error) {
	p := &placed{wish: w}
	if w.door == inbox {
		return p, l.byInbox(ctx, p)
	}
	return p, l.byWeb(ctx, p)
}

func (l *load) byInbox(ctx context.Context, p *placed) error {
	v, sent, err := l.pub.place(ctx, p.wish)
	p.sent = sent
	if err != nil {
		return err
	}
	p.id = v.GetOrderId()
	if v.GetResult() == eventv1.Result_RESULT_REFUSED {
		p.id = ""
		for _, f := range v.GetFaults() {
			p.refusal += f.GetField() + ": " + f.GetMessage() + " "
		}
	}
	return nil
}

func (l *load) byWeb(ctx context.Context, p *placed) error {
	var last error
	for {
		p.sent++
		var order entry
		err := l.web[p.who].Ask(ctx, http.MethodPost, ordersPath, p.key, asJSON(p.order), &order)
		var refused *web.RefusalError
		switch {
		case err == nil:
			p.id = order.ID
			return nil
		case errors.As(err, &refused) && !refused.Passing():
			p.refusal = refused.Error()
			return nil
		}
		last = err
		timer := time.NewTimer(againAfter)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(context.Cause(ctx), last)
		}
	}
}

// all is a copy of what was answered.
func (l *load) all() map[string]*placed {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]*placed, len(l.placed))
	for k, p := range l.placed {
		out[k] = p
	}
	return out
}
