package handlers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/testkit"
)

var placed = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// order is Contoso's order of the demonstration, under a new id.
func order() *orderv1.Order {
	return &orderv1.Order{
		Id: uuid.Must(uuid.NewV7()).String(), Number: "ORD-2026-00148", Reference: "PO 7",
		Customer:  &orderv1.Customer{TenantId: "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001", Name: "Contoso Corp"},
		Requester: &orderv1.Person{Issuer: "local", Subject: "emily", Name: "Emily Chen", Email: "emily@example.com", Role: orderv1.Role_ROLE_TECHNICIAN},
		Note:      "For the new office.", PlacedAt: timestamppb.New(placed), Source: "portal",
		Amount: &orderv1.Money{Amount: "14250.00", Currency: "USD"},
		Lines: []*orderv1.Line{
			{Number: 1, Product: "Microsoft 365 E5", UnitPrice: &orderv1.Money{Amount: "570.00", Currency: "USD"}, Change: &orderv1.Line_NewSubscription{
				NewSubscription: &orderv1.NewSubscription{Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}}},
			{Number: 2, Product: "Power BI Pro", Change: &orderv1.Line_RemoveSeats{
				RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0002", Quantity: 3}}},
		},
	}
}

func view(s orderv1.Status, sentence string) *orderv1.View {
	return &orderv1.View{Status: s, Sentence: sentence, Hint: "Do this next.", Lines: []*orderv1.LineView{
		{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_FULFILLED},
		{Number: 2, Status: orderv1.LineStatus_LINE_STATUS_FAILED, Detail: "Subscription not found.", Hint: "Create it."},
	}}
}

var (
	admins = []string{"ann@example.com", "bob@example.com"}
	john   = &orderv1.Person{Name: "John Smith", Email: "john@example.com", Role: orderv1.Role_ROLE_ADMIN}
)

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins)
	o := order()
	decision := &eventv1.Decision{By: john, Note: "Too expensive."}
	for _, tt := range []struct {
		ev   contract.Event
		body proto.Message
		want []string // kind and recipient
	}{
		{contract.ApprovalRequested, &eventv1.ApprovalRequested{View: view(3, "Held."), Order: o}, []string{"approval_needed ann@example.com", "approval_needed bob@example.com"}},
		{contract.ApprovalRejected, &eventv1.ApprovalRejected{View: view(11, "No."), Order: o, Decision: decision}, []string{"order_rejected emily@example.com"}},
		{contract.ApprovalExpired, &eventv1.ApprovalExpired{View: view(12, "Late."), Order: o}, []string{"order_expired emily@example.com"}},
		{contract.ApprovalWithdrawn, &eventv1.ApprovalWithdrawn{View: view(13, "Gone."), Order: o, By: john}, []string{"order_cancelled emily@example.com"}},
		{contract.ProvisioningFailed, &eventv1.ProvisioningFailed{View: view(8, "Broken."), Order: o}, []string{"order_failed ann@example.com", "order_failed bob@example.com"}},
		{contract.ProvisioningWaiting, held(o, "purchase_order_needed"), []string{"action_needed ann@example.com", "action_needed bob@example.com"}},
		{contract.ProvisioningOutcomeUnknown, doubt(o, "purchase_untold", ""), []string{"action_needed ann@example.com", "action_needed bob@example.com"}},
		{contract.ProvisioningCancelled, &eventv1.ProvisioningCancelled{View: view(13, "Gone."), Order: o, By: john}, []string{"order_cancelled emily@example.com"}},
		{contract.ProvisioningFinished, &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o}, []string{"order_completed emily@example.com"}},
		{contract.ProvisioningFinished, &eventv1.ProvisioningFinished{View: view(9, "Half."), Order: o},
			[]string{"order_completed_with_errors emily@example.com", "order_failed ann@example.com", "order_failed bob@example.com"}},
	} {
		o.Id = order().Id
		w.publish(tt.ev, o.GetId(), 1, tt.body, 0)
		var got []string
		for range tt.want {
			d := testkit.Wait(t, "the fate of a notification", w.fates)
			if d.GetOrderId() != o.GetId() || d.GetAttempts() != 1 || d.GetError() != "" || d.GetChannel() != "email" {
				t.Errorf("%s: told %v", tt.ev.Type, d)
			}
			got = append(got, d.GetKind()+" "+d.GetRecipient())
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s tells %v, want %v", tt.ev.Type, got, tt.want)
		}
	}
	w.counted("order_failed", "sent", 4)
}

func TestFactsOfAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins[:1])
	o := order()
	o.OnBehalfOf = &orderv1.Person{Email: "boss@example.com"}
	w.publish(contract.ApprovalRequested, o.GetId(), 1, &eventv1.ApprovalRequested{
		View: view(orderv1.Status_STATUS_AWAITING_APPROVAL, "Waits for an admin."), Order: o,
		Reasons:   []*eventv1.Reason{{Rule: "amount_over", Sentence: "Order exceeds USD 10,000.00."}},
		ExpiresAt: timestamppb.New(placed.Add(time.Hour)),
	}, 0)
	testkit.Wait(t, "the mail", w.fates)
	got := w.sent()[0]
	if time.Since(got.At) > time.Minute {
		t.Errorf("decided at %v", got.At)
	}
	got.At = time.Time{}
	want := domain.Mail{
		Kind: domain.ApprovalNeeded, To: "ann@example.com", OrderID: o.GetId(), Number: "ORD-2026-00148", Customer: "Contoso Corp",
		Requester: "Emily Chen (emily@example.com), for boss@example.com", Amount: "14250.00", Currency: "USD",
		Sentence: "Waits for an admin.", Hint: "Do this next.", Reasons: []string{"Order exceeds USD 10,000.00."},
		Lines: []domain.Line{
			{Product: "Microsoft 365 E5", Change: "new_subscription", Quantity: 25, Status: "fulfilled"},
			{Product: "Power BI Pro", Change: "remove_seats", Quantity: 3, Status: "failed", Detail: "Subscription not found."},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mail's facts:\n%s", diff)
	}
}

func TestRepeatedEventChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins)
	o := order()
	done := &eventv1.ProvisioningFinished{View: view(orderv1.Status_STATUS_COMPLETED, "Done."), Order: o}
	for again := range 3 {
		w.publish(contract.ProvisioningFinished, o.GetId(), 1, done, again)
	}
	first := testkit.Wait(t, "the first mail", w.fates)
	o.Requester.Email = "EMILY@example.com"
	w.publish(contract.ProvisioningFinished, o.GetId(), 1, done, 3)
	w.publish(contract.ProvisioningFinished, o.GetId(), 2, done, 0) // another event: it stands behind the repeats
	second := testkit.Wait(t, "the second mail", w.fates)
	if n := len(w.sent()); first.GetId() == second.GetId() || n != 2 {
		t.Errorf("%d mails, deliveries %s and %s", n, first.GetId(), second.GetId())
	}
	if n := one[int](w, `select count(*) from deliveries`); n != 2 {
		t.Errorf("%d deliveries", n)
	}
}

func TestFatesOfAnAttempt(t *testing.T) {
	t.Parallel()
	for _, fate := range []domain.Fate{domain.PutOff, domain.Unclear} {
		t.Run(fate.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, domain.Outcome{Fate: fate, Error: "The mail server sleeps."})
			o := order()
			w.publish(contract.ProvisioningFinished, o.GetId(), 1, &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o}, 0)
			w.until("the next attempt", func() bool {
				return one[int](w, `select count(*) from engine_calls where state = 'planned' and id like '%.2' and due_at > now()`) == 1
			})
			if s := one[string](w, `select concat_ws(' ', status, attempts, error) from deliveries`); s != "queued 1 The mail server sleeps." {
				t.Errorf("the delivery is %s", s)
			}
			if n := one[int](w, `select count(*) from engine_calls where id like '%.1'`); n != 0 {
				t.Error("the first attempt is still open")
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, domain.Outcome{Fate: domain.Refused, Error: "There is no such mailbox."})
		o := order()
		w.publish(contract.ProvisioningFinished, o.GetId(), 1, &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o}, 0)
		d := testkit.Wait(t, "the fate", w.fates)
		if d.GetError() != "There is no such mailbox." || d.GetCause() != o.GetId()+".fulfillment.1" {
			t.Errorf("told %v", d)
		}
		if n := one[int](w, `select count(*) from engine_calls`); n != 0 {
			t.Errorf("%d attempts are left", n)
		}
		w.counted("order_completed", "failed", 1)
	})
}

func TestNobodyToTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	o := order()
	o.Requester.Email = ""
	w.publish(contract.ProvisioningFinished, o.GetId(), 1, &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o}, 0)
	w.counted("order_completed", "no_address", 1)
}

func TestEventThatNamesNoOrderIsPutAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins)
	o := order()
	w.publish(contract.ProvisioningFailed, "ORD-2026-00148", 1, &eventv1.ProvisioningFailed{View: view(8, "Broken.")}, 0)
	w.publish(contract.ProvisioningFinished, o.GetId(), 1, &eventv1.ProvisioningFinished{View: view(5, "Still at it."), Order: o}, 0)
	w.until("two dead letters", func() bool { return one[int](w, `select count(*) from engine_dead_letters`) == 2 })
	if codes := one[string](w, `select string_agg(code, ' ' order by code) from engine_dead_letters`); codes != "malformed_event unknown_outcome" {
		t.Errorf("put aside for %s", codes)
	}
}

func TestListDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins)
	o := order()
	w.publish(contract.ProvisioningFinished, o.GetId(), 1, &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o}, 0)
	want := testkit.Wait(t, "the mail", w.fates)
	handle := Queries(w.pool)[0].Handle
	for role, n := range map[orderv1.Role]int{
		orderv1.Role_ROLE_ADMIN: 1, orderv1.Role_ROLE_TECHNICIAN: 1, orderv1.Role_ROLE_CUSTOMER_ADMIN: 0, orderv1.Role_ROLE_CUSTOMER: 0,
		orderv1.Role_ROLE_SYSTEM: 0, orderv1.Role_ROLE_UNSPECIFIED: 0,
	} {
		reply, err := handle(t.Context(), &notificationv1.ListDeliveriesRequest{OrderId: strings.ToUpper(o.GetId())}, rpc.Meta{Caller: rpc.Caller{Role: role}})
		if err != nil {
			t.Fatal(err)
		}
		got := reply.(*notificationv1.ListDeliveriesResponse).GetDeliveries()
		if len(got) != n {
			t.Fatalf("%v sees %v", role, got)
		}
		if n == 1 && (got[0].GetId() != want.GetId() || got[0].GetStatus() != "sent" || got[0].GetKind() != "order_completed" ||
			got[0].GetRecipient() != "emily@example.com" || got[0].GetAttempts() != 1 || got[0].GetUpdatedAt() == nil) {
			t.Errorf("%v sees %v", role, got[0])
		}
	}
}
