package load

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
)

// at is a moment of the run, in milliseconds.
func at(r *Run, ms int) time.Time { return r.began.Add(time.Duration(ms) * time.Millisecond) }

func TestAnOrderCountsOnceBothAreHeardInEitherOrder(t *testing.T) {
	t.Parallel()
	r := NewRun("t-", 2)
	verdictFirst, noticeFirst := uuid.New(), uuid.New()
	for range 2 {
		if err := r.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a, b := r.sending(at(r, 10)), r.sending(at(r, 20))
	r.accepted(a, verdictFirst)
	r.notified(noticeFirst, at(r, 50))
	if told, _, _ := r.SoFar(0); told != 0 {
		t.Fatalf("%d orders count before both were heard", told)
	}
	r.notified(verdictFirst, at(r, 110))
	r.accepted(b, noticeFirst)
	if err := r.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := r.Result()
	want := Result{Orders: 2, Seconds: 0.11, P50: 30 * time.Millisecond, P99: 100 * time.Millisecond}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if len(r.window) != 0 {
		t.Error("an order that is through keeps its place")
	}
}

func TestWhatMustNotHappenFailsTheRun(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	for name, c := range map[string]struct {
		do   func(r *Run)
		want string
	}{
		"notified twice": {func(r *Run) {
			r.accepted(r.sending(r.began), id)
			r.notified(id, r.began)
			r.notified(id, r.began)
		}, "notified twice"},
		"accepted twice": {func(r *Run) {
			n := r.sending(r.began)
			r.accepted(n, id)
			r.accepted(n, id)
		}, "accepted twice"},
		"never sent":       {func(r *Run) { r.accepted(0, id) }, "never sent"},
		"nobody placed it": {func(r *Run) { r.notified(id, r.began) }, "1 orders were heard of and 0 are through"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewRun("t-", 0)
			c.do(r)
			_, err := r.Result()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func TestAFailedRunWaitsForNobody(t *testing.T) {
	t.Parallel()
	r := NewRun("t-", 1)
	r.sending(r.began)
	if err := r.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Fail(context.DeadlineExceeded)
	r.Fail(context.Canceled)
	for name, err := range map[string]error{"entering": r.enter(t.Context()), "finishing": r.Finish(t.Context())} {
		if err != context.DeadlineExceeded { //nolint:errorlint // the very error
			t.Errorf("%s: %v", name, err)
		}
	}
}

// counting is a sender whose orders are through at once.
type counting struct{ dues []time.Time }

func (c *counting) Send(_ context.Context, r *Run, due time.Time) error {
	c.dues = append(c.dues, due)
	id := uuid.New()
	r.accepted(r.sending(due), id)
	r.notified(id, due)
	return nil
}

func TestPaceHoldsEachOrderToItsTime(t *testing.T) {
	t.Parallel()
	r, c := NewRun("t-", 0), &counting{}
	if err := Pace(t.Context(), r, c, 1000, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if len(c.dues) != 50 {
		t.Fatalf("%d orders", len(c.dues))
	}
	for i := 1; i < len(c.dues); i++ {
		if gap := c.dues[i].Sub(c.dues[i-1]); gap != time.Millisecond {
			t.Fatalf("order %d was due %s after the one before", i, gap)
		}
	}
}

func TestSaturateEndsAtItsLimitAndGivesPlacesBack(t *testing.T) {
	t.Parallel()
	r, c := NewRun("t-", 3), &counting{}
	if err := Saturate(t.Context(), r, c, time.Minute, 10); err != nil || len(c.dues) != 10 {
		t.Errorf("%d orders, %v", len(c.dues), err)
	}
	if err := Saturate(t.Context(), r, c, -time.Second, 10); err != nil || len(c.dues) != 10 || len(r.window) != 0 {
		t.Errorf("%d orders and %d places taken after the time was over, %v", len(c.dues), len(r.window), err)
	}
}

func TestBothDoorsAskForTheSame(t *testing.T) {
	t.Parallel()
	o := Offers{
		Customers: []witness.Customer{{ID: "a", Name: `Contoso "C"`}, {ID: "b", Name: "Fabrikam"}},
		Items:     []witness.Item{{ID: "i:1:x", Title: "E5", Price: "570"}, {ID: "i:2:y", Title: "Pro", Price: "100"}},
	}
	for n := range 12 {
		message := o.order(n)
		var body struct {
			Customer struct {
				TenantID string `json:"tenant_id"`
				Name     string
			}
			Lines []struct {
				Item string                   `json:"catalog_item"`
				New  struct{ Quantity int32 } `json:"new_subscription"`
			}
		}
		if err := json.Unmarshal(o.appendJSON(nil, n), &body); err != nil {
			t.Fatal(err)
		}
		line := message.GetLines()[0]
		if body.Customer.TenantID != message.GetCustomer().GetTenantId() || body.Customer.Name != message.GetCustomer().GetName() ||
			body.Lines[0].Item != line.GetCatalogItem() || body.Lines[0].New.Quantity != line.GetNewSubscription().GetQuantity() {
			t.Errorf("order %d: %+v and %v", n, body, message)
		}
	}
}
