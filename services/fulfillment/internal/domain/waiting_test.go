package domain

import (
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// waitsFor makes an order that waits in a vendor's state.
func waitsFor(t *testing.T, status string) *story {
	t.Helper()
	return tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought(status, "")).want(WaitingOnVendor, EventWaiting)
}

// A nudge brings the look forward and makes no other call.
func TestNudge(t *testing.T) {
	t.Parallel()
	s := waitsFor(t, "pending_review")
	before := s.call(OrderGet)
	d, err := Nudge(s.d.Order, Person{Name: "John"}, everybody, s.now)
	if err != nil || len(d.Calls) != 1 || d.Calls[0].Operation != OrderGet || !d.Calls[0].Due.IsZero() ||
		len(d.Drops) != 1 || d.Drops[0] != before.ID || d.Event != NoEvent {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err = Nudge(s.d.Order, Person{}, nobody, s.now); err != nil || len(d.Calls) != 0 {
		t.Errorf("a look under way was planned again: %+v, %v", d.Calls, err)
	}
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("completed", "sub")}).want(Completed, EventFinished)
	if _, err = Nudge(s.d.Order, Person{}, everybody, s.now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("nudge of a completed order: %v", err)
	}
}

// A checkout without an answer is not brought forward, and a look that is to settle it keeps its time.
func TestNudgeSettlesNothing(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout).want(OutcomeUnknown, EventOutcomeUnknown)
	if d, err := Nudge(s.d.Order, Person{}, everybody, s.now); err != nil || len(d.Calls) != 0 {
		t.Errorf("%+v, %v", d.Calls, err)
	}
}

// A change that waits until the vendor is ready is made at once when it is asked to: it looks before it changes anything.
func TestNudgeOfAPendingOperation(t *testing.T) {
	t.Parallel()
	pending := conflict
	pending.Wait = 24 * time.Hour
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10))
	if d, err := Nudge(s.d.Order, Person{}, everybody, s.now); err != nil || len(d.Calls) != 0 {
		t.Errorf("a change that is about to be made: %+v, %v", d.Calls, err)
	}
	s.answer(SubscriptionPatch, Sent{Seen: Seen{Answer: pending}}).want(WaitingOnVendor, EventWaiting)
	before := s.call(SubscriptionPatch)
	d, err := Nudge(s.d.Order, Person{}, everybody, s.now)
	if err != nil || len(d.Calls) != 1 || d.Calls[0].Operation != SubscriptionPatch || !d.Calls[0].Due.IsZero() || d.Calls[0].Body.Target != 25 ||
		len(d.Drops) != 1 || d.Drops[0] != before.ID {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err := Nudge(s.d.Order, Person{}, nobody, s.now); err != nil || len(d.Calls) != 0 {
		t.Errorf("a change under way was planned again: %+v, %v", d.Calls, err)
	}
	for range 3 * maxTries { // impatience is no reason to give up
		if s.d, err = Nudge(s.d.Order, Person{}, everybody, s.now); err != nil {
			t.Fatal(err)
		}
		s.answer(SubscriptionPatch, Sent{Seen: Seen{Answer: pending}}).want(WaitingOnVendor, NoEvent)
	}
}

func everybody(string) bool { return true }

// A purchase order is sent once; the vendor's order is looked at soon afterwards.
func TestAttach(t *testing.T) {
	t.Parallel()
	s := waitsFor(t, "pending_po_upload")
	if l := s.line(); !l.Trouble.Person || l.Trouble.Owner != OwnerPartner {
		t.Errorf("%+v", l)
	}
	poll := s.call(OrderGet)
	attach := func() (err error) {
		if s.d, err = Attach(s.d.Order, Person{Name: "John"}, File{Name: "po.pdf", Content: "UE8="}, s.now); err == nil {
			s.want(WaitingOnVendor, EventWaiting)
		}
		return err
	}
	if err := attach(); err != nil {
		t.Fatal(err)
	}
	if c := s.call(AttachmentPost); c.Body.Order != "order" || c.Body.File.Content == "" {
		t.Errorf("%+v", c)
	}
	before := s.d
	if err := attach(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second upload at once: %v", err)
	}
	s.d = before

	// A look meanwhile does not ask for it again.
	looked := Polled(s.d.Order, Outcome{ID: poll.ID}, OrderSeen{Answer: done, Order: ordered("pending_po_upload", "")}, s.now)
	if l := looked.Order.Lines[0]; l.Trouble.Code != purchaseOrderSent {
		t.Errorf("%+v", l.Trouble)
	}
	s.answer(AttachmentPost, Attached{Answer: done, Names: []string{"po.pdf"}}).want(WaitingOnVendor, EventWaiting)
	if l := s.line(); l.Trouble.Code != "purchase_order_in_review" || !about(s.wait(OrderGet), 5*time.Second) {
		t.Errorf("%+v in %v", l.Trouble, s.wait(OrderGet))
	}
}

// An upload without an answer is settled by the list of attachments, and never sent again by itself.
func TestAttachUnanswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		names []string
		code  string
	}{
		"arrived": {[]string{"other.pdf", "po.pdf"}, "purchase_order_in_review"},
		"lost":    {nil, purchaseOrderNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := waitsFor(t, "pending_po_upload")
			s.d, _ = Attach(s.d.Order, Person{}, File{Name: "po.pdf"}, s.now)
			s.silence(AttachmentPost)
			if s.wait(AttachmentsGet) < effectTime-time.Second {
				t.Errorf("looked after %v, while it may be on its way", s.wait(AttachmentsGet))
			}
			s.answer(AttachmentsGet, Attached{Answer: done, Names: c.names})
			if why := s.line().Trouble; why.Code != c.code || s.d.Order.Upload != nil {
				t.Errorf("%+v", why)
			}
		})
	}
}

// What the vendor does not take is told with its words, and can be sent again.
func TestAttachRefused(t *testing.T) {
	t.Parallel()
	s := waitsFor(t, "pending_po_upload")
	s.d, _ = Attach(s.d.Order, Person{}, File{Name: "po.pdf"}, s.now)
	s.answer(AttachmentPost, Attached{Answer: refused("900252")}).want(WaitingOnVendor, EventWaiting)
	if why := s.line().Trouble; !why.Person || !strings.Contains(why.Detail, "900252") {
		t.Errorf("%+v", why)
	}
	if _, err := Attach(s.d.Order, Person{}, File{Name: "po.pdf"}, s.now); err != nil {
		t.Error(err)
	}
}

// Every status that an order may keep for a while only has its deadline; the end of the order ends it.
func TestDeadline(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1))
	if !s.d.Order.Fresh() || !s.d.Order.Deadline().IsZero() {
		t.Errorf("a fresh order has the deadline %v", s.d.Order.Deadline())
	}
	s.answer(CartCreate, made("cart")).silence(CartCheckout)
	if got := s.d.Order.Deadline(); !got.Equal(s.now.Add(patience[OutcomeUnknown])) {
		t.Errorf("unknown at %v has the deadline %v", s.now, got)
	}
	since := s.d.Order.Since
	s.silence(CartCheckout)
	if !s.d.Order.Since.Equal(since) {
		t.Error("another silence has moved the deadline")
	}
	s.answer(CartCheckout, bought("completed", "sub"))
	if !s.d.Order.Deadline().IsZero() {
		t.Error("a completed order has a deadline")
	}
}

// Until its time has passed an order can be taken back.
func TestUndoWindow(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1))
	d := Grant(nil, s.d.Order.Approved, false, nil, time.Minute, start)
	if d.Order.Status != Scheduled || len(d.Calls) != 0 || !d.Due.Equal(start.Add(time.Minute)) || d.Event != EventScheduled {
		t.Fatalf("%+v", d)
	}
	if sentence, hint := d.Order.Sentence(); !strings.Contains(sentence, "12:01:00 UTC") || hint == "" {
		t.Errorf("%q %q", sentence, hint)
	}
	if early := Fire(d.Order, start.Add(time.Second)); len(early.Calls) != 0 || !early.Due.Equal(d.Due) {
		t.Errorf("%+v", early)
	}
	if taken, err := Cancel(d.Order, Person{}, "a mistake", nobody, start); err != nil || taken.Order.Status != Cancelled || !taken.Due.IsZero() {
		t.Errorf("%+v, %v", taken, err)
	}
	if due := Fire(d.Order, d.Due); due.Order.Status != Processing || len(due.Calls) != 1 || !due.Order.FireAt.IsZero() {
		t.Errorf("%+v", due)
	}
}

// A customer under review is looked at every hour, for as long as it takes, and the order goes on by itself.
func TestAccountUnderReview(t *testing.T) {
	t.Parallel()
	review := Answer{Verdict: Conflict, Answered: true, Wait: time.Hour, Trouble: Trouble{Code: accountUnderReview, Detail: "Partner Center: Under review."}}
	refusal := review
	refusal.Verdict = Refused
	s := tell(t, buying(1)).answer(CartCreate, CartMade{Answer: review}).want(WaitingOnVendor, EventWaiting)
	for range 2 * maxTries {
		if l := s.line(); l.WaitsFor() != OwnerVendor || !about(s.wait(CartCreate), time.Hour) || s.d.Order.NextLook(&l).IsZero() {
			t.Fatalf("%+v in %v", l, s.wait(CartCreate))
		}
		s.answer(CartCreate, CartMade{Answer: review}).want(WaitingOnVendor, NoEvent)
	}
	if d, err := Nudge(s.d.Order, Person{}, everybody, s.now); err != nil || len(d.Calls) != 1 || !d.Calls[0].Due.IsZero() {
		t.Errorf("%+v, %v", d.Calls, err)
	}
	s.answer(CartCreate, made("cart")).want(Processing, EventStarted)
	s.answer(CartCheckout, CheckedOut{Answer: refusal}).want(WaitingOnVendor, EventWaiting) // a cart that was refused is not taken again
	s.answer(CartCreate, made("cart-2")).answer(CartCheckout, bought("completed", "sub")).want(Completed, EventFinished)
	if l := s.line(); l.Trouble != (Trouble{}) || l.Waiting {
		t.Errorf("%+v", l)
	}
}

// Seats are bought as well, and so is another product: while the customer is under review they wait, be it known before or by the
// vendor's refusal.
func TestChangeUnderReview(t *testing.T) {
	t.Parallel()
	why := Trouble{Code: accountUnderReview, Detail: "Partner Center: Under review."}
	review := Sent{Seen: Seen{Answer: Answer{Verdict: Refused, Answered: true, Trouble: why}}}
	known := seen(10)
	known.Against = why
	s := tell(t, adding(1)).answer(SubscriptionGet, known).want(WaitingOnVendor, EventWaiting)
	for range 2 * maxTries {
		if l := s.line(); l.WaitsFor() != OwnerVendor || !about(s.wait(SubscriptionGet), time.Hour) || s.d.Order.NextLook(&l).IsZero() {
			t.Fatalf("%+v in %v", l, s.wait(SubscriptionGet))
		}
		s.answer(SubscriptionGet, known).want(WaitingOnVendor, NoEvent)
	}
	if d, err := Nudge(s.d.Order, Person{}, everybody, s.now); err != nil || len(d.Calls) != 1 || !d.Calls[0].Due.IsZero() {
		t.Errorf("%+v, %v", d.Calls, err)
	}
	s.answer(SubscriptionGet, seen(12)).want(Processing, EventStarted)
	for range 2 * maxTries {
		s.answer(SubscriptionPatch, review).want(WaitingOnVendor, EventWaiting)
		s.answer(SubscriptionGet, seen(12)).want(Processing, EventStarted)
	}
	if b := s.call(SubscriptionPatch).Body; b.Base != 12 || b.Target != 27 {
		t.Errorf("%+v", b)
	}
	s.answer(SubscriptionPatch, sent(27)).want(Completed, EventFinished)
	if l := s.line(); l.Trouble != (Trouble{}) || l.Waiting {
		t.Errorf("%+v", l)
	}

	s = tell(t, moving(4)).answer(TransitionCheck, offered(10)).answer(TransitionCreate, review).want(WaitingOnVendor, EventWaiting)
	s.answer(TransitionCheck, offered(10)).answer(TransitionCreate, begun(Move{State: MoveCompleted, ID: "new"})).want(Completed, EventFinished)

	known.Against = Trouble{Code: "relationship_missing", Detail: "Partner Center: No relationship."}
	s = tell(t, adding(1)).answer(SubscriptionGet, known).want(Failed, EventFailed)
	if got, _ := s.d.Order.Sentence(); got != "Partner Center: No relationship." {
		t.Error(got)
	}
}

// Lines that are known not to be for sale fail alone, and the cart of the others is bought.
func TestRefusedBeforeTheCart(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2))
	why := Trouble{Code: "term_not_offered", Detail: "Partner Center: No."}
	s.answer(CartCreate, CartMade{Answer: done, Cart: "cart", Refused: map[int32]Trouble{1: why}}).want(Processing, EventLineSettled)
	s.answer(CartCheckout, bought("completed", "sub")).want(CompletedWithErrors, EventFinished)
	s = tell(t, buying(1))
	s.answer(CartCreate, CartMade{Answer: done, Refused: map[int32]Trouble{1: why}}).want(Failed, EventFailed)
	if s.line().Trouble != why || len(s.d.Calls) != 0 {
		t.Errorf("%+v", s.d)
	}
}

// Seats are told as they come; a product that is activated by a link is done once the link is there, or is not to be had.
func TestSeatsAndLinks(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, CartMade{Answer: done, Cart: "cart", Activates: map[int32]bool{1: true}})
	s.answer(CartCheckout, bought("completed", "sub")).want(Processing, EventStarted)
	some := ordered("completed", "sub")
	some.Lines[0].Provisioning, some.Lines[0].Ready = "prefulfillment_pending", 2
	s.answer(OrderGet, OrderSeen{Answer: done, Order: some})
	l := s.line()
	if usable, all := s.d.Order.Seats(&l); usable != 2 || all != 3 || !s.call(OrderGet).Body.Links {
		t.Errorf("%d of %d seats", usable, all)
	}
	some.Linked, some.Lines[0].Links = true, []string{"https://link"}
	s.answer(OrderGet, OrderSeen{Answer: done, Order: some}).want(Completed, EventFinished)
	l = s.line()
	if usable, all := s.d.Order.Seats(&l); usable != 3 || all != 3 || len(l.Links) != 1 {
		t.Errorf("%d of %d seats, %v", usable, all, l.Links)
	}

	s = tell(t, buying(1)).answer(CartCreate, CartMade{Answer: done, Cart: "cart", Activates: map[int32]bool{1: true}}).answer(CartCheckout, bought("completed", "sub"))
	for s.d.Order.Status == Processing {
		s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("completed", "sub")})
	}
	if s.want(Completed, EventFinished); s.now.Sub(start) > time.Hour {
		t.Errorf("waited %v for links", s.now.Sub(start))
	}
}

// A status that nobody knows changes nothing, and is counted.
func TestStrangeStatus(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought("in_consultation", "sub")).want(Processing, EventStarted)
	if s.d.Strange != 1 {
		t.Errorf("counted %d", s.d.Strange)
	}
	if s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("pending", "")}); s.d.Strange != 0 {
		t.Errorf("counted %d", s.d.Strange)
	}
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("completed", "sub")}).want(Completed, EventFinished)
}

// A look that waits for the vendor's lists to catch up with an unanswered change is not brought forward: what is not there yet
// would be made once more.
func TestNudgeWaitsForTheLists(t *testing.T) {
	t.Parallel()
	o := &Order{
		ID: "x", Status: OutcomeUnknown, Approved: &orderv1.Order{Lines: []*orderv1.Line{{Number: 1, Change: &orderv1.Line_ChangeProduct{
			ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: "s"},
		}}}},
		Lines: []Line{{Number: 1, Status: LineUnknown, Subscription: "s", Track: Track{Step: StepTrace, Call: "c", Unanswered: true, Lagged: true, SettledAt: noon}}},
	}
	if d, err := Nudge(o, Person{}, everybody, noon.Add(time.Minute)); err != nil || len(d.Calls)+len(d.Drops) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}
