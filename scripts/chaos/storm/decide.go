package storm

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

const (
	decidePause = 200 * time.Millisecond
	decideHands = 4
)

// decide has an admin approve or reject what waits for one, until ctx ends.
func decide(ctx context.Context, admin *site, note *notes) {
	done := map[string]bool{}
	var mu sync.Mutex
	for {
		waiting, err := admin.book(ctx, "awaiting_approval")
		if err == nil {
			var group sync.WaitGroup
			hands := make(chan struct{}, decideHands)
			for _, e := range waiting {
				mu.Lock()
				skip := done[e.ID]
				mu.Unlock()
				if skip {
					continue
				}
				hands <- struct{}{}
				group.Go(func() {
					defer func() { <-hands }()
					if decided(ctx, admin, e, note) {
						mu.Lock()
						defer mu.Unlock()
						done[e.ID] = true
					}
				})
			}
			group.Wait()
		}
		timer := time.NewTimer(decidePause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// decided says whether the order needs no further word.
func decided(ctx context.Context, admin *site, e entry, note *notes) bool {
	path, body := ordersPath+"/"+e.ID+"/approve", map[string]string{"note": "Fine."}
	if e.Note == rejectNote {
		path, body = ordersPath+"/"+e.ID+"/reject", map[string]string{"reason": "As you asked."}
	}
	err := admin.Ask(ctx, http.MethodPost, path, "decide-"+e.ID, body, nil)
	var refused *web.RefusalError
	switch {
	case err == nil:
		return true
	case errors.As(err, &refused) && refused.Status == http.StatusConflict:
		return true // the book was behind
	case errors.As(err, &refused) && !refused.Passing():
		note.find(checkDecided, "%s: %v", e.Number, refused)
		return true
	default:
		return false
	}
}
