package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
)

func event(o domain.Owner, seq int64, s orderv1.Status, minute int) domain.Event {
	return domain.Event{Owner: o, Sequence: seq, View: &orderv1.View{Status: s}, At: noon.Add(time.Duration(minute) * time.Minute)}
}

func TestHear(t *testing.T) {
	t.Parallel()
	b := domain.Open(&orderv1.Order{Lines: []*orderv1.Line{{Number: 1}}}, noon)
	if b.View.GetStatus() != orderv1.Status_STATUS_RECEIVED || len(b.View.GetLines()) != 1 || b.Heard[domain.Intake] != 1 {
		t.Fatalf("opened: %+v", b)
	}
	hear := func(e domain.Event, changed bool, shows orderv1.Status) {
		t.Helper()
		next, did := b.Hear(e)
		if did != changed || next.View.GetStatus() != shows {
			t.Errorf("%v %d: changed %v, shows %v; want %v, %v", e.Owner, e.Sequence, did, next.View.GetStatus(), changed, shows)
		}
		b = next
	}
	hear(event(domain.Fulfillment, 1, orderv1.Status_STATUS_PROCESSING, 3), true, orderv1.Status_STATUS_PROCESSING)
	hear(event(domain.Approval, 2, orderv1.Status_STATUS_PROCESSING, 2), true, orderv1.Status_STATUS_PROCESSING)
	hear(event(domain.Approval, 1, orderv1.Status_STATUS_AWAITING_APPROVAL, 1), false, orderv1.Status_STATUS_PROCESSING)
	if b.Owner != domain.Fulfillment || !b.FinishedAt().IsZero() {
		t.Errorf("owner %v, finished %v", b.Owner, b.FinishedAt())
	}
	hear(event(domain.Fulfillment, 3, orderv1.Status_STATUS_COMPLETED, 5), true, orderv1.Status_STATUS_COMPLETED)
	hear(event(domain.Fulfillment, 2, orderv1.Status_STATUS_FAILED, 4), false, orderv1.Status_STATUS_COMPLETED)
	hear(event(domain.Nobody, 9, orderv1.Status_STATUS_FAILED, 9), false, orderv1.Status_STATUS_COMPLETED)
	if !b.FinishedAt().Equal(noon.Add(5 * time.Minute)) {
		t.Errorf("finished at %v", b.FinishedAt())
	}
}

// notice is what a service tells of one of its dead letters.
type notice struct {
	letter int
	closed bool
}

// told plays notices as the handlers do, which know what was told before.
func told(b domain.Book, notices []notice) domain.Book {
	seen := map[notice]bool{}
	for _, n := range notices {
		if !seen[n] {
			seen[n] = true
			b = b.Letter(n.closed, seen[notice{n.letter, !n.closed}])
		}
	}
	return b
}

func TestAttention(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		notices []notice
		want    bool
	}{
		"none":                    {nil, false},
		"put aside":               {[]notice{{1, false}}, true},
		"closed":                  {[]notice{{1, false}, {1, true}}, false},
		"closed before put aside": {[]notice{{1, true}, {1, false}}, false},
		"one of two":              {[]notice{{1, false}, {2, false}, {1, true}}, true},
		"both":                    {[]notice{{1, false}, {2, false}, {1, true}, {2, true}}, false},
		"told twice":              {[]notice{{1, false}, {1, false}, {1, true}, {1, true}}, false},
		"closed, another open":    {[]notice{{1, true}, {2, false}, {1, false}}, true},
	} {
		b := told(domain.Open(&orderv1.Order{}, noon), c.notices)
		if b.NeedsAttention() != c.want {
			t.Errorf("%s: needs attention: %v", name, b.NeedsAttention())
		}
		if on, _ := b.Hear(event(domain.Approval, 1, orderv1.Status_STATUS_COMPLETED, 90)); on.NeedsAttention() != c.want {
			t.Errorf("%s: the order went on, and a letter was closed by that", name)
		}
	}
}

// TestBookOfAnyOrder: any permutation and repetition of the same events gives the same book.
func TestBookOfAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var events []domain.Event
		for _, o := range []domain.Owner{domain.Approval, domain.Fulfillment} {
			for i := range rapid.IntRange(0, 5).Draw(t, "events of "+o.String()) {
				s := orderv1.Status(rapid.Int32Range(1, 16).Draw(t, "status"))
				events = append(events, event(o, int64(i+1), s, rapid.IntRange(0, 90).Draw(t, "minute")))
			}
		}
		var letters []notice
		open := false
		for i := range rapid.IntRange(0, 4).Draw(t, "letters") {
			letters = append(letters, notice{i, false})
			if rapid.Bool().Draw(t, "closed") {
				letters = append(letters, notice{i, true})
			} else {
				open = true
			}
		}
		base := domain.Open(&orderv1.Order{}, noon)
		play := func(es []domain.Event, ns []notice) domain.Book {
			b := base
			for _, e := range es {
				b, _ = b.Hear(e)
			}
			return told(b, ns)
		}
		want := play(events, letters)
		again := append(rapid.Permutation(events).Draw(t, "another order"), rapid.SliceOfN(rapid.SampledFrom(append(events, base0)), 0, 8).Draw(t, "repeats")...)
		got := play(rapid.Permutation(again).Draw(t, "and another"), append(rapid.Permutation(letters).Draw(t, "letters"), rapid.Permutation(letters).Draw(t, "letters again")...))
		if got != want || got.NeedsAttention() != open {
			t.Fatalf("the book is %+v, want %+v; open letters: %v", got, want, open)
		}
		if last := got.Heard[domain.Fulfillment]; last > 0 && got.Owner != domain.Fulfillment {
			t.Fatalf("the foremost owner was heard, yet %v is shown", got.Owner)
		}
	})
}

// base0 is an event that says nothing: intake's own, which the book begins with.
var base0 = domain.Event{Owner: domain.Intake, Sequence: 1, At: noon}

func TestWords(t *testing.T) {
	t.Parallel()
	for s, want := range map[orderv1.Status]string{
		orderv1.Status_STATUS_AWAITING_APPROVAL: "awaiting_approval", orderv1.Status_STATUS_CANCELLED: "cancelled", 99: "status_99",
	} {
		if got := domain.StatusWord(s); got != want {
			t.Errorf("%d is %q, want %q", s, got, want)
		}
	}
	for _, o := range []domain.Owner{domain.Intake, domain.Approval, domain.Fulfillment} {
		if domain.OwnerOf(o.String()) != o {
			t.Errorf("%v is not found by its name", o)
		}
	}
	if domain.OwnerOf("notification") != domain.Nobody {
		t.Error("notification owns no order")
	}
}
