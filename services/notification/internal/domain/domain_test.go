package domain

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// pick draws one of them; "" when there is none.
func pick(t *rapid.T, from []string) string {
	if len(from) == 0 {
		return ""
	}
	return rapid.SampledFrom(from).Draw(t, "attempt")
}

func TestNotices(t *testing.T) {
	t.Parallel()
	admins := []string{"ann@example.com", "Bob@example.com"}
	emily := &orderv1.Person{Name: "Emily Chen", Email: "emily@example.com"}
	order := &orderv1.Order{Requester: emily}
	toAdmins := func(k Kind) []Notice {
		return []Notice{{Kind: k, To: Recipient{Address: "ann@example.com"}}, {Kind: k, To: Recipient{Address: "Bob@example.com"}}}
	}
	toEmily := func(k Kind) Notice {
		return Notice{Kind: k, To: Recipient{Address: "emily@example.com", Name: "Emily Chen"}}
	}
	tests := map[string]struct {
		what    Happening
		order   *orderv1.Order
		admins  []string
		want    []Notice
		missing []Kind
	}{
		"approval needed":        {what: NeedsApproval, order: order, admins: admins, want: toAdmins(ApprovalNeeded)},
		"a person has to act":    {what: NeedsAction, order: order, admins: admins, want: toAdmins(ActionNeeded)},
		"failed":                 {what: Failure, order: order, admins: admins, want: toAdmins(OrderFailed)},
		"completed":              {what: Completion, order: order, admins: admins, want: []Notice{toEmily(OrderCompleted)}},
		"completed with errors":  {what: PartialCompletion, order: order, admins: admins, want: append(toAdmins(OrderFailed), toEmily(OrderCompletedWithErrors))},
		"rejected":               {what: Rejection, order: order, admins: admins, want: []Notice{toEmily(OrderRejected)}},
		"expired":                {what: Expiry, order: order, admins: admins, want: []Notice{toEmily(OrderExpired)}},
		"cancelled":              {what: Cancellation, order: order, admins: admins, want: []Notice{toEmily(OrderCancelled)}},
		"no admins":              {what: NeedsApproval, order: order, missing: []Kind{ApprovalNeeded}},
		"nobody to act":          {what: NeedsAction, order: order, missing: []Kind{ActionNeeded}},
		"no address":             {what: Completion, order: &orderv1.Order{Requester: &orderv1.Person{Name: "ERP"}}, missing: []Kind{OrderCompleted}},
		"no order in the event":  {what: Cancellation, missing: []Kind{OrderCancelled}},
		"an admin twice":         {what: Failure, order: order, admins: []string{"ann@example.com", "ANN@example.com"}, want: toAdmins(OrderFailed)[:1]},
		"for somebody else":      {what: Completion, order: &orderv1.Order{Requester: &orderv1.Person{Subject: "erp"}, OnBehalfOf: emily}, want: []Notice{toEmily(OrderCompleted)}},
		"admin and requester":    {what: PartialCompletion, order: &orderv1.Order{Requester: &orderv1.Person{Email: "bob@example.com"}}, admins: admins, want: toAdmins(OrderFailed)},
		"who asked comes first":  {what: Completion, order: &orderv1.Order{Requester: emily, OnBehalfOf: &orderv1.Person{Email: "x@example.com"}}, want: []Notice{toEmily(OrderCompleted)}},
		"nobody and no admins":   {what: PartialCompletion, order: &orderv1.Order{}, missing: []Kind{OrderFailed, OrderCompletedWithErrors}},
		"blanks are no address":  {what: Completion, order: &orderv1.Order{Requester: &orderv1.Person{Email: "  "}}, missing: []Kind{OrderCompleted}},
		"nobody is told nothing": {order: order, admins: admins},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, missing := Notices(tt.what, tt.order, tt.admins)
			if len(got) != len(tt.want) || len(got) > 0 && !cmp.Equal(got, tt.want) {
				t.Errorf("notices %v, want %v", got, tt.want)
			}
			if !slices.Equal(missing, tt.missing) {
				t.Errorf("missing %v, want %v", missing, tt.missing)
			}
		})
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	for s, want := range map[orderv1.Status]Happening{
		orderv1.Status_STATUS_COMPLETED: Completion, orderv1.Status_STATUS_COMPLETED_WITH_ERRORS: PartialCompletion,
	} {
		if got, err := Finish(s); err != nil || got != want {
			t.Errorf("%v means %v, %v", s, got, err)
		}
	}
	for _, s := range []orderv1.Status{orderv1.Status_STATUS_UNSPECIFIED, orderv1.Status_STATUS_PROCESSING, 99} {
		if _, err := Finish(s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v is told as %v", s, err)
		}
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "order"))
		text := rapid.StringMatching(`[a-z0-9.]{0,12}`)
		a := [3]string{text.Draw(t, "cause"), text.Draw(t, "recipient"), "email"}
		b := [3]string{text.Draw(t, "cause"), text.Draw(t, "recipient"), "email"}
		one, ok := ID(order.String(), a[0], a[1], a[2])
		two, _ := ID(order.String(), b[0], b[1], b[2])
		if !ok || (one == two) != (a == b) {
			t.Fatalf("%v and %v give %s and %s", a, b, one, two)
		}
		least, greatest, _ := IDs(order.String())
		if one < least || one > greatest {
			t.Fatalf("%s is not between %s and %s", one, least, greatest)
		}
		if u, err := uuid.Parse(one); err != nil || u.Version() != 8 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is no UUID of version 8", one)
		}
		if AttemptOf(AttemptID(one, 7)) != 7 || AttemptOf(one) != 0 {
			t.Fatalf("attempts of %s are misread", one)
		}
	})
	if _, ok := ID("ORD-2026-00001", "", "", ""); ok {
		t.Error("a number passes as an order's id")
	}
	if _, _, ok := IDs(""); ok {
		t.Error("nothing passes as an order's id")
	}
	// Deliveries are known again by it, so it never changes.
	if id, _ := ID(orderID, orderID+".fulfillment.1", "Zoë@Example.com", Email); id != "0190a6b2-9c1e-8c55-8690-863bf9df33cb" {
		t.Errorf("an id has become %s", id)
	}
	if a, b := mustID("A@example.com"), mustID("a@example.com"); a != b {
		t.Errorf("one address in two cases has two deliveries: %s, %s", a, b)
	}
}

func mustID(recipient string) string {
	id, _ := ID(orderID, "e", recipient, Email)
	return id
}

// TestPauses holds the pauses that the README promises.
func TestPauses(t *testing.T) {
	t.Parallel()
	d := New(orderID, "e", Notice{Kind: OrderCompleted, To: Recipient{Address: "a@example.com"}}, Email, start)
	now, attempts := start, 0
	var pauses []time.Duration
	for d.State == Queued {
		attempts++
		var step Next
		d, step = d.Conclude(Outcome{Attempt: attempts, Fate: PutOff, Error: "Not now."}, 0, now)
		if d.State == Queued {
			pauses = append(pauses, step.Again.Sub(now))
			now = step.Again
		}
	}
	want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 30 * time.Minute}
	if !slices.Equal(pauses[:len(want)], want) {
		t.Errorf("pauses %v", pauses[:len(want)])
	}
	if gone := now.Sub(start); d.State != Failed || d.Error != "Not now." || gone > Patience || gone < Patience-time.Hour {
		t.Errorf("given up after %v as %v", gone, d)
	}
	if w := wait(1, 255); w != 6*time.Second {
		t.Errorf("the widest first pause is %v", w)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for s := None; s <= Failed; s++ {
		if got, ok := ParseState(s.String()); !ok || got != s {
			t.Errorf("%v is read as %v", s, got)
		}
	}
	if _, ok := ParseState("lost"); ok {
		t.Error("an unknown word is a state")
	}
	for _, k := range audienceKinds() {
		if !slices.Contains(Kinds, k) {
			t.Errorf("kind %s is missing in Kinds", k)
		}
	}
}

func audienceKinds() (ks []Kind) {
	for _, who := range audience {
		for _, k := range []Kind{who.admins, who.requester} {
			if k != "" {
				ks = append(ks, k)
			}
		}
	}
	return ks
}
