package domain

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

var submitted = CheckedOut{Answer: refused("800065"), Submitted: true}

// shown is an order in the vendor's lists, with a name of its line.
func shown(name string) Found {
	o := ordered("completed", "sub")
	o.CreatedAt, o.Lines[0].Name = start, name
	return Found{Answer: done, Orders: []VendorOrder{o}}
}

func (s *story) mark() string { return "Microsoft 365 E5 [" + s.line().Token + "]" }

// "Already submitted" means that it may have been bought: the lists tell by the line's mark.
func TestSubmitted(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	s.answer(CartCheckout, submitted).want(OutcomeUnknown, EventOutcomeUnknown)
	s.answer(PurchasesList, Found{Answer: done}).want(OutcomeUnknown, NoEvent)
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
	if l := s.line(); l.VendorOrder != "order" || l.Subscription != "sub" {
		t.Errorf("%+v", l)
	}
}

// looks answers all looks into the lists with the same, until one is not the next call any more.
func (s *story) looks(a Found) (looked int, longest time.Duration) {
	s.t.Helper()
	for len(s.d.Calls) == 1 && s.d.Calls[0].Operation == PurchasesList && looked < 20 {
		longest = max(longest, s.wait(PurchasesList))
		s.answer(PurchasesList, a)
		looked++
	}
	return looked, longest
}

// What the vendor calls submitted without showing an order is handed to a person, and looked at every hour.
func TestSubmittedInVain(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart-7")).answer(CartCheckout, submitted)
	before := s.now
	if n, longest := s.looks(Found{Answer: done}); n != len(looks)+1 || longest < ListLag || s.now.Sub(before) < ListLag {
		t.Errorf("given up after %d looks in %v", n, s.now.Sub(before))
	}
	s.want(OutcomeUnknown, EventOutcomeUnknown)
	if sentence, hint := s.d.Order.Sentence(); !strings.Contains(sentence, "cart-7") || !strings.Contains(hint, s.line().Token) {
		t.Errorf("it says %q, %q", sentence, hint)
	}
	if _, err := Cancel(s.d.Order, Person{}, "", nobody, s.now); err == nil {
		t.Error("what may have been bought was cancelled")
	}
	if !about(s.wait(CartGet), time.Hour) {
		t.Errorf("looks again in %v", s.wait(CartGet))
	}
	s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered}).want(OutcomeUnknown, NoEvent)
	s.answer(CartCheckout, submitted).want(OutcomeUnknown, NoEvent) // nobody is told twice
	s.looks(Found{Answer: done})
	s.want(OutcomeUnknown, NoEvent)
	s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered}).answer(CartCheckout, bought("completed", "sub")).want(Completed, EventFinished)
}

// gone makes an order whose checkout got no answer and whose cart the vendor has forgotten since.
func gone(t *testing.T) *story {
	t.Helper()
	s := tell(t, buying(1)).answer(CartCreate, made("cart-7")).silence(CartCheckout)
	return s.answer(CartCheckout, CheckedOut{Answer: refused(cartGone)}).want(OutcomeUnknown, EventOutcomeUnknown)
}

// A cart that is gone and of which the lists show nothing has not been bought: what refused it then counts, or else it is
// bought by a new cart.
func TestGone(t *testing.T) {
	t.Parallel()
	s := gone(t)
	if at := s.call(PurchasesList); at.Due.Before(start.Add(effectTime)) {
		t.Errorf("looked at %v, before the first attempt has settled", at.Due)
	}
	s.looks(Found{Answer: done})
	s.want(Processing, EventStarted)
	if c := s.call(CartCreate); len(c.Body.Lines) != 1 || s.d.Order.Cart.ID != "" {
		t.Errorf("%+v", c)
	}
	s.answer(CartCreate, made("cart-8")).answer(CartCheckout, bought("completed", "sub")).want(Completed, EventFinished)

	s = tell(t, buying(1)).answer(CartCreate, made("cart-7")).silence(CartCheckout).answer(CartCheckout, CheckedOut{Answer: refused("800018")})
	s.answer(CartGet, CartSeen{Answer: refused(cartGone)})
	s.looks(Found{Answer: done})
	s.want(Failed, EventFailed)
	if s.line().Trouble.Code != "800018" {
		t.Errorf("%+v", s.line().Trouble)
	}
}

// A setting says how long the lists may lag.
func TestLag(t *testing.T) {
	t.Parallel()
	s := gone(t)
	s.lag = time.Minute
	if _, longest := s.looks(Found{Answer: done}); longest > 6*time.Minute {
		t.Errorf("waited %v", longest)
	}
}

// What carries another line's mark is not ours; what carries none, and is the same by everything else, is for a person to tell.
func TestWhoseIsIt(t *testing.T) {
	t.Parallel()
	old, dearer := shown(""), shown("")
	old.Orders[0].CreatedAt, dearer.Orders[0].Lines[0].Term = start.Add(-time.Hour), "P3Y"
	for name, c := range map[string]struct {
		found Found
		want  Status
	}{
		"somebody's":   {shown("Microsoft 365 E5 [SF-00000000]"), Processing},
		"nobody's":     {shown("Microsoft 365 E5"), OutcomeUnknown},
		"too old":      {old, Processing},
		"another term": {dearer, Processing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gone(t)
			s.d.Order.Approved.PlacedAt = timestamppb.New(start)
			s.looks(c.found)
			if s.d.Order.Status != c.want {
				t.Fatalf("the order is %v: %+v", s.d.Order.Status, s.line())
			}
			if c.want == OutcomeUnknown && (!s.line().Trouble.Person || !strings.Contains(s.line().Trouble.Detail, "order order in")) {
				t.Errorf("%+v", s.line().Trouble)
			}
		})
	}
}

// Of two lines the lists show one: only the other one is bought again.
func TestFoundInPart(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2)).answer(CartCreate, made("cart")).silence(CartCheckout).answer(CartCheckout, CheckedOut{Answer: refused(cartGone)})
	s.answer(PurchasesList, shown(s.mark())).want(OutcomeUnknown, EventLineSettled)
	s.looks(Found{Answer: done})
	if c := s.call(CartCreate); len(c.Body.Lines) != 1 || c.Body.Lines[0].Number != 2 {
		t.Errorf("%+v", c.Body)
	}
}

// What the vendor has made an order of that came to nothing is bought under a mark of its own; what was refused keeps its mark.
func TestIntents(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2)).answer(CartCreate, made("cart"))
	first, second := s.d.Order.Lines[0].Token, s.d.Order.Lines[1].Token
	s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "error", Lines: []VendorLine{
		{Item: "P:S:A", Quantity: 3, Name: s.mark()},
	}}}, Errors: []GroupError{{Trouble: Trouble{Code: "800018", Detail: "No."}}}}).want(Failed, EventFailed)
	var err error
	if s.d, err = Retry(s.d.Order, Person{}, s.now); err != nil {
		t.Fatal(err)
	}
	l := s.d.Order.Lines
	if l[0].Token == first || l[1].Token != second || len(s.call(CartCreate).Body.Lines) != 2 {
		t.Errorf("%+v", l)
	}
}

// Add-ons are bought in the order's one cart.
func TestAddOn(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), line(2, &orderv1.Line{Change: addOn(5)}))
	lines := s.call(CartCreate).Body.Lines
	if len(lines) != 2 || lines[1].Parent != "s1" || lines[1].Quantity != 5 || lines[1].Cycle != "annual" || lines[1].Term != "P1Y" {
		t.Errorf("%+v", lines)
	}
	s.answer(CartCreate, made("cart")).answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "completed",
		Lines: []VendorLine{{Item: "P:S:A", Quantity: 3, Subscription: "sub-1"}, {Item: "P:S:A", Quantity: 5, Subscription: "sub-2"}}}}})
	s.want(Completed, EventFinished)
}
