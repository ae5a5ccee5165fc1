package journey

import (
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// fourEyes lets nobody decide their own order.
func fourEyes(t *testing.T, w *world) {
	o := w.place(t, w.john, w.stranger(t), basic(1))
	held := w.until(t, o.ID, "awaiting_approval")
	if !strings.Contains(held.Sentence, "First order") {
		t.Errorf("held because: %s", held.Sentence)
	}
	w.told(t, o, "approval_needed", "dana.reyes@msp.example")
	_, err := w.john.Approve(t.Context(), o.ID, "")
	wantFault(t, err, fault.Forbidden, "requester_decides")
	sameMail := w.person(t, "J. Smith", "John.SMITH@msp.example", "admin", "")
	_, err = sameMail.Approve(t.Context(), o.ID, "")
	wantFault(t, err, fault.Forbidden, "requester_decides")
	if _, err := w.dana.Approve(t.Context(), o.ID, "Welcome."); err != nil {
		t.Fatal(client.Explain(err))
	}
	w.completed(t, o.ID)
}

// decidedOnce has two admins decide at the same time: one decision counts, the other is told of it.
func decidedOnce(t *testing.T, w *world) {
	o := w.place(t, w.emily, w.stranger(t), basic(1))
	w.until(t, o.ID, "awaiting_approval")
	answers := make(chan error, 2)
	for _, who := range []*client.Client{w.john, w.dana} {
		go func() {
			_, err := who.Approve(t.Context(), o.ID, "")
			answers <- err
		}()
	}
	var refused error
	for range 2 {
		if err := <-answers; err != nil {
			if refused != nil {
				t.Fatalf("both were refused: %s; %s", client.Explain(refused), client.Explain(err))
			}
			refused = err
		}
	}
	wantFault(t, refused, fault.Conflict, "")
	if told := client.Explain(refused); !strings.Contains(told, "John Smith") && !strings.Contains(told, "Dana Reyes") {
		t.Errorf("the conflict does not name who decided: %s", told)
	}
	w.completed(t, o.ID)
	_, err := w.dana.Reject(t.Context(), o.ID, "too late")
	wantFault(t, err, fault.Conflict, "")
}

// rejected tells the requester why.
func rejected(t *testing.T, w *world) {
	o := w.place(t, w.emily, w.regular(t), buy("Microsoft 365 E5", "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS", "570.00", 18))
	held := w.until(t, o.ID, "awaiting_approval")
	if !strings.Contains(held.Sentence, "exceeds USD 10,000.00") {
		t.Errorf("held because: %s", held.Sentence)
	}
	_, err := w.john.Reject(t.Context(), o.ID, " ")
	wantFault(t, err, fault.Invalid, "")
	after, err := w.john.Reject(t.Context(), o.ID, "Use the annual plan instead.")
	if err != nil || after.Status != "rejected" {
		t.Fatalf("%s, %v", after.Status, err)
	}
	seen, err := w.emily.Get(t.Context(), o.ID, after.Position) // people see what they just did
	if err != nil || seen.Status != "rejected" || !strings.Contains(seen.Sentence, "Use the annual plan instead.") {
		t.Errorf("the book: %s %q, %v", seen.Status, seen.Sentence, err)
	}
	w.told(t, o, "order_rejected", "emily.chen@msp.example")
	_, err = w.john.Cancel(t.Context(), o.ID, "")
	wantFault(t, err, fault.Conflict, "")
}

// cancelled stops an order before it is approved; a bought one can no longer be stopped.
func cancelled(t *testing.T, w *world) {
	c := w.stranger(t)
	o := w.place(t, w.emily, c, basic(1))
	// At once, so that it may meet approval before the order does.
	after, err := w.emily.Cancel(t.Context(), o.ID, "ordered twice")
	if err != nil || after.Status != "cancelled" {
		t.Fatalf("%s, %v", after.Status, err)
	}
	w.until(t, o.ID, "cancelled")
	again, err := w.emily.Cancel(t.Context(), o.ID, "")
	if err != nil || again.Status != "cancelled" {
		t.Errorf("cancelled again: %s, %v", again.Status, err)
	}
	_, err = w.john.Approve(t.Context(), o.ID, "")
	wantFault(t, err, fault.Conflict, "")

	bought := w.place(t, w.john, c, basic(1))
	w.until(t, bought.ID, "awaiting_approval") // the cancelled order was never granted
	if _, err := w.dana.Approve(t.Context(), bought.ID, ""); err != nil {
		t.Fatal(client.Explain(err))
	}
	w.completed(t, bought.ID)
	_, err = w.john.Cancel(t.Context(), bought.ID, "")
	wantFault(t, err, fault.Conflict, "")
	if fault.As(err).Hint == "" {
		t.Errorf("the refusal names no change to order instead: %s", client.Explain(err))
	}
	none, err := w.vendor.Ledger(t.Context(), map[string]string{"customer": c.TenantID})
	if err != nil || len(none) != 1 {
		t.Errorf("the vendor's ledger has %d effects, want 1: %v", len(none), err)
	}
}

// scheduled waits for its time, and can be cancelled until then.
func scheduled(t *testing.T, w *world) {
	later := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	c := w.regular(t)
	o, err := w.emily.Place(t.Context(), client.NewOrder{Customer: c, Lines: []client.NewLine{basic(1)}, ScheduledFor: &later}, "")
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	now := w.until(t, o.ID, "scheduled")
	if now.Status != "scheduled" || now.ScheduledFor == nil || !now.ScheduledFor.Equal(later) {
		t.Errorf("%s for %v", now.Status, now.ScheduledFor)
	}
	if _, err := w.emily.Cancel(t.Context(), o.ID, "changed our mind"); err != nil {
		t.Fatal(client.Explain(err))
	}
	w.until(t, o.ID, "cancelled")
	w.told(t, o, "order_cancelled", "emily.chen@msp.example")
	soon := time.Now().Add(2 * time.Second).UTC()
	o, err = w.emily.Place(t.Context(), client.NewOrder{Customer: c, Lines: []client.NewLine{basic(1)}, ScheduledFor: &soon}, "")
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	done := w.completed(t, o.ID)
	if done.FinishedAt.Before(soon.Truncate(time.Millisecond)) {
		t.Errorf("finished at %v, before its time %v", done.FinishedAt, soon)
	}
}
