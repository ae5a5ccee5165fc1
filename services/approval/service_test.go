package approval_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/servicetest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const contoso = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"

var (
	john  = rpc.Caller{Issuer: "local", Subject: "john", Name: "John Smith", Role: orderv1.Role_ROLE_ADMIN}
	emily = rpc.Caller{Issuer: "local", Subject: "emily", Name: "Emily Chen", Email: "emily@example.com", Role: orderv1.Role_ROLE_TECHNICIAN}
	// alias is Emily again, as an admin of another issuer with the same address.
	alias = rpc.Caller{Issuer: "other", Subject: "e", Name: "E. Chen", Email: "EMILY@example.com", Role: orderv1.Role_ROLE_ADMIN}
	carla = rpc.Caller{Issuer: "local", Subject: "carla", Name: "Carla", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: contoso}
)

// world is an approval that runs.
type world struct {
	*servicetest.World
	t      *testing.T
	events *nats.Subscription
}

func start(t *testing.T, expires time.Duration) *world {
	t.Helper()
	w := &world{World: servicetest.New(t, testkit.Postgres(t)), t: t}
	w.events = w.Listen("seatflow.events.approval.*")
	w.Run(contract.Approval, func(ctx context.Context, env service.Env, ready func()) error {
		return approval.Run(ctx, approval.Config{Config: w.Config, Expires: expires}, env, ready)
	})
	return w
}

// submit publishes an order as intake does and returns its id.
func (w *world) submit(o *orderv1.Order) string {
	w.t.Helper()
	w.Tell(contract.OrderSubmitted, bus.Head{ID: uuid.NewString(), Subject: o.GetId(), Sequence: 1, Time: time.Now()},
		&eventv1.OrderSubmitted{View: &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED}, Order: o, Fingerprint: "f00d"})
	return o.GetId()
}

// next decodes approval's next event, which must be of this type.
func (w *world) next(ev contract.Event, into proto.Message) bus.Head {
	w.t.Helper()
	h := w.Next(w.events, into)
	if h.Type != ev.Type {
		w.t.Fatalf("%s came, not %s", h.Type, ev.Type)
	}
	return h
}

func order(amount string) *orderv1.Order {
	return &orderv1.Order{
		Id: uuid.Must(uuid.NewV7()).String(), Number: "ORD-2026-00001", Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"},
		Requester: emily.Person(), Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "C:1", UnitPrice: &orderv1.Money{Amount: amount, Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}},
		}},
	}
}

func TestAnAdminDecides(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	o := order("570.00")
	id := w.submit(o)
	w.submit(o) // a repeat
	asked := new(eventv1.ApprovalRequested)
	head := w.next(contract.ApprovalRequested, asked)
	if head.ID != id+".approval.1" || len(asked.GetReasons()) != 2 || asked.GetExpiresAt() == nil ||
		asked.GetView().GetSentence() != "Order exceeds USD 10,000.00 threshold requiring admin approval. First order for Contoso Corp requires review." {
		t.Errorf("requested %v %v", head, asked)
	}
	yes := &approvalv1.ApproveResponse{}
	if err := w.Call(emily, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, yes); fault.As(err).Code != "admin_only" {
		t.Errorf("a technician approves: %v", err)
	}
	if err := w.Call(alias, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, yes); fault.As(err).Code != "requester_decides" {
		t.Errorf("the requester approves under another name: %v", err)
	}
	err := w.Call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: strings.ToUpper(id), Note: "fine"}, yes)
	if err != nil || yes.GetPosition().GetSequence() != 2 || yes.GetView().GetStatus() != orderv1.Status_STATUS_PROCESSING {
		t.Fatalf("approved: %v, %v", yes, err)
	}
	granted := new(eventv1.ApprovalGranted)
	w.next(contract.ApprovalGranted, granted)
	if !proto.Equal(granted.GetOrder(), o) || granted.GetFingerprint() != "f00d" || granted.GetDecision().GetBy().GetName() != "John Smith" ||
		granted.GetDecision().GetNote() != "fine" || granted.GetDecision().GetAutomatic() {
		t.Errorf("granted %v", granted)
	}
	if err := w.Call(john, contract.RejectOrder, &approvalv1.RejectRequest{OrderId: id, Reason: "no"}, &approvalv1.RejectResponse{}); fault.As(err).Code != "already_decided" {
		t.Errorf("a second decision: %v", err)
	}
	if err := w.Call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: id}, &approvalv1.CancelResponse{}); fault.As(err).Owner != "fulfillment" {
		t.Errorf("cancel after the grant: %v", err)
	}
	w.submit(order("1.00"))
	if w.next(contract.ApprovalGranted, granted); !granted.GetDecision().GetAutomatic() || granted.GetView().GetSentence() != "Approved; submitting to Partner Center…" {
		t.Errorf("the second order of the customer: %v", granted)
	}
}

// What a customer writes behind a seat cannot get an order past the rules; what a system writes still counts.
func TestCustomersPriceDoesNotCount(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	if err := w.Call(john, contract.SetRule, &approvalv1.SetRuleRequest{Rule: &approvalv1.Rule{Name: "first_order"}}, &approvalv1.SetRuleResponse{}); err != nil {
		t.Fatal(err)
	}
	theirs := order("0.01")
	theirs.Requester, theirs.OnBehalfOf, theirs.Source = carla.Person(), john.Person(), "portal"
	w.submit(theirs)
	asked := new(eventv1.ApprovalRequested)
	if w.next(contract.ApprovalRequested, asked); len(asked.GetReasons()) != 1 || asked.GetReasons()[0].GetRule() != "price_by_customer" ||
		asked.GetView().GetSentence() != "The prices were given by Carla (customer) and not by the partner, so the amount must be reviewed by an admin." {
		t.Errorf("requested %v", asked)
	}
	ours := order("0.01")
	ours.Requester, ours.OnBehalfOf, ours.Source = &orderv1.Person{Issuer: "nats", Subject: "erp", Name: "erp", Role: orderv1.Role_ROLE_SYSTEM}, carla.Person(), "erp"
	w.submit(ours)
	granted := new(eventv1.ApprovalGranted)
	if w.next(contract.ApprovalGranted, granted); !granted.GetDecision().GetAutomatic() {
		t.Errorf("granted %v", granted)
	}
}

func TestRejectWithdrawTombstone(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	requested := new(eventv1.ApprovalRequested)
	id := w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, requested)
	if err := w.Call(john, contract.RejectOrder, &approvalv1.RejectRequest{OrderId: id, Reason: "wrong product"}, &approvalv1.RejectResponse{}); err != nil {
		t.Fatal(err)
	}
	rejected := new(eventv1.ApprovalRejected)
	if w.next(contract.ApprovalRejected, rejected); rejected.GetView().GetSentence() != "Rejected by John Smith: wrong product" ||
		rejected.GetView().GetLines()[0].GetStatus() != orderv1.LineStatus_LINE_STATUS_CANCELLED {
		t.Errorf("rejected %v", rejected)
	}
	id = w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, requested)
	if err := w.Call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: id}, &approvalv1.CancelResponse{}); err != nil {
		t.Fatal(err)
	}
	withdrawn := new(eventv1.ApprovalWithdrawn)
	if w.next(contract.ApprovalWithdrawn, withdrawn); withdrawn.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Errorf("withdrawn %v", withdrawn)
	}
	late, out := order("1.00"), &approvalv1.CancelResponse{}
	if err := w.Call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: late.GetId()}, &approvalv1.ApproveResponse{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("approved before it came: %v", err)
	}
	if err := w.Call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: late.GetId(), Reason: "mistake"}, out); err != nil ||
		out.GetPosition().GetSequence() != 0 || out.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Fatalf("cancelled before it came: %v, %v", out, err)
	}
	w.submit(late)
	if h := w.next(contract.ApprovalWithdrawn, withdrawn); h.ID != late.GetId()+".approval.1" || !proto.Equal(withdrawn.GetOrder(), late) ||
		withdrawn.GetBy().GetName() != "Emily Chen" {
		t.Errorf("the tombstone's event: %v %v", h, withdrawn)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	w := start(t, 200*time.Millisecond)
	id := w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, new(eventv1.ApprovalRequested))
	expired := new(eventv1.ApprovalExpired)
	if w.next(contract.ApprovalExpired, expired); expired.GetView().GetStatus() != orderv1.Status_STATUS_EXPIRED {
		t.Errorf("expired %v", expired)
	}
	if err := w.Call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, &approvalv1.ApproveResponse{}); fault.As(err).Code != "expired" {
		t.Errorf("approved after the end: %v", err)
	}
}

func TestRulesAreSwitched(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	set := func(c rpc.Caller, r *approvalv1.Rule) (*approvalv1.Rule, error) {
		out := &approvalv1.SetRuleResponse{}
		err := w.Call(c, contract.SetRule, &approvalv1.SetRuleRequest{Rule: r}, out)
		return out.GetRule(), err
	}
	if _, err := set(emily, &approvalv1.Rule{Name: "first_order"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a technician sets a rule: %v", err)
	}
	if r, err := set(john, &approvalv1.Rule{Name: "first_order"}); err != nil || r.GetActive() {
		t.Fatalf("first_order: %v, %v", r, err)
	}
	if r, err := set(john, &approvalv1.Rule{Name: "amount_over", Active: true, Threshold: "20"}); err != nil || r.GetThreshold() != "20.00" {
		t.Fatalf("amount_over: %v, %v", r, err)
	}
	w.submit(order("0.80"))
	granted := new(eventv1.ApprovalGranted)
	if w.next(contract.ApprovalGranted, granted); !granted.GetDecision().GetAutomatic() {
		t.Errorf("granted %v", granted)
	}
	w.submit(order("0.81"))
	asked := new(eventv1.ApprovalRequested)
	if w.next(contract.ApprovalRequested, asked); asked.GetReasons()[0].GetRule() != "amount_over" {
		t.Errorf("requested %v", asked)
	}
	list := &approvalv1.ListRulesResponse{}
	if err := w.Call(emily, contract.ListRules, &approvalv1.ListRulesRequest{}, list); err != nil || len(list.GetRules()) != 3 ||
		list.GetRules()[0].GetThreshold() != "20.00" {
		t.Errorf("rules %v, %v", list, err)
	}
	families, err := w.Metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "seatflow_approval_pending" && f.GetMetric()[0].GetGauge().GetValue() == 1 {
			return
		}
	}
	t.Error("seatflow_approval_pending is not 1")
}

// Of many who change the rule as they all saw it one succeeds, also when their commands are decided in one batch.
func TestRuleIsChangedAsSeen(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	list := &approvalv1.ListRulesResponse{}
	if err := w.Call(john, contract.ListRules, &approvalv1.ListRulesRequest{}, list); err != nil {
		t.Fatal(err)
	}
	seen := []string{list.GetRules()[0].GetVersion()}
	set := func(threshold string, versions []string) (*approvalv1.Rule, error) {
		req := &approvalv1.SetRuleRequest{Rule: &approvalv1.Rule{Name: "amount_over", Threshold: threshold}, Versions: versions, KeepActive: true}
		out := &approvalv1.SetRuleResponse{}
		err := w.CallOnce(john, "to "+threshold, contract.SetRule, req, out)
		return out.GetRule(), err
	}
	const many = 20
	type answer struct {
		rule *approvalv1.Rule
		err  error
	}
	answers := make(chan answer, many)
	for i := range many {
		go func() {
			r, err := set(strconv.Itoa(100+i), seen)
			answers <- answer{r, err}
		}()
	}
	var won *approvalv1.Rule
	for range many {
		switch a := <-answers; {
		case a.err == nil && won == nil:
			won = a.rule
		case a.err == nil:
			t.Errorf("both %v and %v replaced the same rule", won, a.rule)
		case fault.As(a.err).Code != "changed_meanwhile" || fault.KindOf(a.err) != fault.Conflict:
			t.Errorf("refused with %v", a.err)
		}
	}
	if won == nil || !won.GetActive() {
		t.Fatalf("it is now %v", won)
	}
	if again, err := set(strings.TrimSuffix(won.GetThreshold(), ".00"), seen); err != nil || !proto.Equal(again, won) {
		t.Errorf("a repeat of the one that succeeded: %v, %v", again, err)
	}
	if r, err := set("7", []string{"other", won.GetVersion()}); err != nil || r.GetThreshold() != "7.00" {
		t.Errorf("as it is now: %v, %v", r, err)
	}
	if r, err := set("8", nil); err != nil || r.GetThreshold() != "8.00" {
		t.Errorf("whatever it is: %v, %v", r, err)
	}
}
