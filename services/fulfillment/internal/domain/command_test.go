package domain

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// A change of a newer contract fails alone.
func TestOtherChange(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), line(2, &orderv1.Line{})).want(Processing, EventLineSettled)
	s.answer(CartCreate, made("cart")).answer(CartCheckout, bought("completed", "sub")).want(CompletedWithErrors, EventFinished)
	if sentence, _ := s.d.Order.Sentence(); !strings.HasPrefix(sentence, "1 of 2 lines failed. This version") {
		t.Error(sentence)
	}
	d, err := Cancel(s.d.Order, Person{Name: "John"}, "", nobody, s.now)
	if err != nil || d.Order.Status != Completed || d.Event != EventFinished {
		t.Fatalf("cancel of what failed: %+v, %v", d, err)
	}
	if sentence, _ := d.Order.Sentence(); sentence != "Completed; 1 of 2 lines were cancelled." {
		t.Error(sentence)
	}
}

func nobody(string) bool { return false }

func TestScheduled(t *testing.T) {
	t.Parallel()
	o := &orderv1.Order{Id: "o", ScheduledFor: timestamppb.New(start.Add(time.Hour)), Lines: []*orderv1.Line{buying(1)}}
	d := Grant(nil, o, false, nil, 0, start)
	if d.Order.Status != Scheduled || d.Event != EventScheduled || len(d.Calls) != 0 || !d.Due.Equal(start.Add(time.Hour)) {
		t.Fatalf("%+v", d)
	}
	if sentence, _ := d.Order.Sentence(); sentence != "Scheduled for 21 November 2026, 13:00 UTC." {
		t.Error(sentence)
	}
	if early := Fire(d.Order, start); !early.Due.Equal(d.Due) || len(early.Calls) != 0 {
		t.Errorf("fired early: %+v", early)
	}
	if c, err := Cancel(d.Order, Person{}, "", nobody, start); err != nil || c.Order.Status != Cancelled || c.Event != EventCancelled || !c.Due.IsZero() {
		t.Errorf("cancelled: %+v, %v", c, err)
	}
	if f := Fire(d.Order, d.Due); f.Order.Status != Processing || f.Event != EventStarted || len(f.Calls) != 1 || !f.Due.IsZero() {
		t.Errorf("fired: %+v", f)
	}
}

// Cancel takes back what has not begun, and names what to order instead when it is too late.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), adding(2))
	d, err := Cancel(s.d.Order, Person{}, "", nobody, s.now) // making a cart and reading harm nobody
	if err != nil || d.Order.Status != Cancelled || len(d.Drops) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
	s = tell(t, buying(1)).answer(CartCreate, made("cart"))
	if d, err = Cancel(s.d.Order, Person{}, "", func(string) bool { return true }, s.now); err != nil || len(d.Drops) != 1 || d.Order.Status != Cancelled {
		t.Errorf("%+v, %v", d, err)
	}
	_, err = Cancel(s.d.Order, Person{}, "", nobody, s.now)
	if f := fault.As(err); f == nil || f.Kind != fault.Conflict || !strings.Contains(f.Hint, "within 7 days") {
		t.Errorf("a checkout on its way: %v", err)
	}
	s.answer(CartCheckout, bought("pending", ""))
	if _, err = Cancel(s.d.Order, Person{}, "", nobody, s.now); fault.As(err) == nil {
		t.Error("an order that the vendor works on was cancelled")
	}
	_, err = Retry(s.d.Order, Person{}, s.now)
	if f := fault.As(err); f == nil || f.Code != "not_failed" {
		t.Errorf("retry: %v", err)
	}
	if again, err := Cancel(d.Order, Person{}, "", nobody, s.now); err != nil || again.Order != nil {
		t.Errorf("a second cancel: %+v, %v", again, err)
	}
}

// Customers read who cancelled, so nobody of the partner's is called by an address.
func TestCancelledBy(t *testing.T) {
	t.Parallel()
	for want, by := range map[string]Person{
		"Cancelled by John Smith.":        {Name: "John Smith", Email: "john@partner.example", Role: int32(orderv1.Role_ROLE_ADMIN)},
		"Cancelled by an admin.":          {Email: "john@partner.example", Role: int32(orderv1.Role_ROLE_ADMIN)},
		"Cancelled by a technician.":      {Email: "emily@partner.example", Role: int32(orderv1.Role_ROLE_TECHNICIAN)},
		"Cancelled by carla@contoso.com.": {Email: "carla@contoso.com", Role: int32(orderv1.Role_ROLE_CUSTOMER)},
	} {
		if got, _ := Tombstone("o", by, "").Order.Sentence(); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

// Ids never repeat, keep near their order, and are UUIDs.
func TestCallIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	const order = "0190d2c4-1234-7abc-8000-000000000001"
	for n := range 1000 {
		id := callID(order, n)
		if seen[id] || len(id) != 36 || id[:14] != order[:14] || id[14] != '7' {
			t.Fatalf("call %d has id %s", n, id)
		}
		seen[id] = true
	}
	if a, b := tokenOf(order, 1, 0), tokenOf(order, 2, 0); a == b || a != tokenOf(order, 1, 0) || a == tokenOf(order, 1, 1) || len(a) != 11 {
		t.Errorf("tokens %s, %s", a, b)
	}
}
