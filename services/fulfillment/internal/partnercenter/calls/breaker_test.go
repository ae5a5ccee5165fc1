package calls

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// A run of failures keeps calls here; after a rest one tries, and its answer decides. What says nothing about the vendor counts
// neither way.
func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, err := NewBreaker(prometheus.NewRegistry(), 1)
		if err != nil {
			t.Fatal(err)
		}
		answer := func(a partnercenter.Answer) {
			t.Helper()
			done, wait := b.allow()
			if done == nil {
				t.Fatalf("kept back for %v while it is %s", wait, b.State())
			}
			done(a)
		}
		var (
			fails   = partnercenter.Answer{Outcome: partnercenter.Unknown, Status: 503}
			works   = partnercenter.Answer{Outcome: partnercenter.Refused, Status: 400}
			untells = partnercenter.Answer{Outcome: partnercenter.NotSent}
		)
		for range trip - 1 {
			answer(fails)
		}
		answer(works)
		for range trip {
			if b.State() != "closed" {
				t.Fatal("open before its time")
			}
			answer(untells)
			answer(fails)
		}
		if done, wait := b.allow(); done != nil || wait != rest || b.State() != "open" {
			t.Fatalf("after %d failures it is %s, wait %v", trip, b.State(), wait)
		}
		<-time.NewTimer(rest + time.Millisecond).C // the bubble's time
		trial, _ := b.allow()
		if done, wait := b.allow(); trial == nil || done != nil || wait != behind || b.State() != "half_open" {
			t.Fatalf("after the rest it is %s, wait %v", b.State(), wait)
		}
		trial(fails)
		if b.State() != "open" {
			t.Errorf("after a failed trial it is %s", b.State())
		}
		<-time.NewTimer(rest + time.Millisecond).C // the bubble's time
		answer(works)
		if b.State() != "closed" {
			t.Errorf("after a trial that worked it is %s", b.State())
		}
	})
}

// A call that panics while it tries whether the vendor is back tells nothing, and leaves the way free for the next one.
func TestBreakerOutlivesAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, err := NewBreaker(prometheus.NewRegistry(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for range trip {
			done, _ := b.allow()
			done(partnercenter.Answer{Outcome: partnercenter.Unknown, Status: 503})
		}
		<-time.NewTimer(rest + time.Millisecond).C // the bubble's time
		v := &Vendor{Breaker: b}
		func() {
			defer func() { _ = recover() }() // as the engine does
			v.running(func(context.Context, *attempt) (partnercenter.Answer, answered) { panic("odd") })(t.Context(), engine.Call{Body: []byte("{}")})
		}()
		if done, wait := b.allow(); done == nil {
			t.Errorf("kept back for %v while it is %s", wait, b.State())
		}
	})
}

// That our own records cannot be read says nothing about the vendor.
func TestOwnRecordsAreNotTheVendors(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{"GET orders": `200 {"items":[]}`, "GET subscriptions": `200 {"items":[]}`})
	v.Ours = func(context.Context, string, domain.Books) ([]domain.Discrepancy, []string, error) {
		return nil, nil, errors.New("no database")
	}
	b, err := NewBreaker(prometheus.NewRegistry(), 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Breaker = b
	for range trip {
		if a := v.made(t, domain.BooksCompare, domain.Body{}).Value.(domain.BooksSeen); a.Verdict == domain.Done {
			t.Fatalf("%+v", a)
		}
	}
	if b.State() != "closed" {
		t.Errorf("the breaker is %s", b.State())
	}
}

// till counts the tokens that it gives.
type till struct{ given int }

func (l *till) Lease(_ context.Context, _ string, n int) (engine.Lease, error) {
	l.given += n
	return engine.Lease{Tokens: n}, nil
}

// While the breaker keeps calls here no token of the shared rate is spent on them: none while it is open, one for the try.
func TestNoTokensForCallsThatAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, err := NewBreaker(prometheus.NewRegistry(), 1)
		if err != nil {
			t.Fatal(err)
		}
		l := new(till)
		lease := func(tokens int, wait time.Duration) {
			t.Helper()
			before := l.given
			got, err := b.Guard(l).Lease(t.Context(), partnercenter.Orders, 4)
			if err != nil || got.Tokens != tokens || got.Wait != wait || l.given-before != tokens {
				t.Fatalf("%+v, %v and %d tokens while it is %s", got, err, l.given-before, b.State())
			}
		}
		fails := partnercenter.Answer{Outcome: partnercenter.Unknown, Status: 503}
		lease(4, 0)
		for range trip {
			done, _ := b.allow()
			done(fails)
		}
		lease(0, rest)
		<-time.NewTimer(rest / 3).C // the bubble's time
		lease(0, rest-rest/3)
		<-time.NewTimer(rest - rest/3 + time.Millisecond).C // the bubble's time
		lease(1, 0)
		trial, _ := b.allow()
		lease(0, behind)
		trial(partnercenter.Answer{Outcome: partnercenter.NotSent})
		lease(1, 0)
		trial, _ = b.allow()
		trial(partnercenter.Answer{Outcome: partnercenter.Done, Status: 200})
		lease(4, 0)
	})
}
