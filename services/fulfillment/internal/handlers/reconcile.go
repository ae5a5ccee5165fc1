package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Comparing says how our records are compared with the vendor's. Both are by this machine's clock.
type Comparing struct {
	// Every is the time between the begins of two rounds; 0 for none.
	Every time.Duration
	// Lag is how late the vendor's lists may be.
	Lag time.Duration
}

// RoundNotice is told at a start: it has the next round planned by the settings that hold now.
const RoundNotice = "round"

// secondLook is how much later than the lag the second look at a customer comes.
const secondLook = 20 // a twentieth

var roundRef = engine.Ref{Kind: store.ReconciliationKind, ID: store.RoundID}

// RoundRef is what RoundNotice is about.
func RoundRef() engine.Ref { return roundRef }

// facts is what decisions read beside the aggregates.
type facts struct {
	nextCustomer string // who comes next in the round; empty if nobody does, or nobody asks
}

// readFacts has read what the batch needs: next to nothing.
func readFacts(b *pgx.Batch, batch []*engine.Input) any {
	f := new(facts)
	for _, in := range batch {
		if in.Source == engine.FromTimer && in.Refs[0] == roundRef {
			store.NextCustomer(b, &f.nextCustomer)
			break
		}
	}
	return f
}

// planRound makes the next round due as the settings say.
func (s *Service) planRound(t *engine.Turn) error {
	r, _ := engine.Get[domain.Round](t, roundRef)
	due := t.DueAt(roundRef)
	if next := r.Plan(s.Comparing.Every, due, t.Now); !next.Equal(due) {
		engine.Put(t, roundRef, r)
		t.Due(roundRef, next)
	}
	return nil
}

// compareNext goes on with the round, or looks at a customer for the second time.
func (s *Service) compareNext(t *engine.Turn) error {
	ref := t.Refs[0]
	r, _ := engine.Get[domain.Round](t, ref)
	t.Due(ref, time.Time{})
	if ref != roundRef && r.Under() {
		t.Due(ref, domain.LooksBy(t.Now)) // who asked for it sees it
	}
	switch {
	case len(t.OpenCalls(ref)) > 0: // its answer goes on
	case ref != roundRef:
		s.look(t, ref, ref.ID)
	case s.Comparing.Every <= 0 && !r.Under():
	default:
		next, look, due := r.Next(engine.FactsOf[*facts](t).nextCustomer, s.Comparing.Every, t.Now)
		engine.Put(t, ref, next)
		t.Due(ref, due)
		if look {
			s.look(t, ref, next.Customer)
		}
	}
	return nil
}

// look plans a look at all that the vendor has of a customer, behind everything that somebody waits for.
func (s *Service) look(t *engine.Turn, ref engine.Ref, customer string) {
	body := domain.Body{Customer: customer}
	t.Do(engine.Call{
		Ref: ref, Operation: string(domain.BooksCompare), Body: stored.Call(&body), Priority: engine.Background, Lane: customer,
	})
}

// booksRefs names what a look may change: the customer's findings, and when the customer is looked at again.
func booksRefs(o engine.Outcome) []engine.Ref {
	var body domain.Body
	if stored.ReadCall(o.Call.Body, &body) != nil {
		return nil
	}
	seen, _ := o.Value.(domain.BooksSeen)
	var refs []engine.Ref
	if o.Call.Ref == roundRef {
		refs = append(refs, engine.Ref{Kind: store.ReconciliationKind, ID: body.Customer})
	}
	ids := slices.Clone(seen.Standing)
	for _, d := range seen.Found {
		ids = append(ids, d.ID())
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		refs = append(refs, engine.Ref{Kind: store.FindingKind, ID: id})
	}
	return refs
}

// compared takes in what a look has shown, and goes on.
func (s *Service) compared(t *engine.Turn) error {
	out := t.Body.(engine.Outcome)
	var body domain.Body
	if err := stored.ReadCall(out.Call.Body, &body); err != nil {
		return err
	}
	seen, _ := out.Value.(domain.BooksSeen)
	if out.Unknown || out.Lost {
		t.Settle(out.Call.ID)
	}
	verdict := seen.Verdict
	if verdict == domain.Done {
		again := s.findings(t, seen)
		s.lookAgain(t, engine.Ref{Kind: store.ReconciliationKind, ID: body.Customer}, again)
	}
	if out.Call.Ref == roundRef {
		r, _ := engine.Get[domain.Round](t, roundRef)
		next, due := r.Looked(verdict, t.Now)
		engine.Put(t, roundRef, next)
		t.Due(roundRef, due)
	} else {
		lookedAlone(t, out.Call.Ref, verdict)
	}
	t.After(func() { s.Metrics.looked(verdict == domain.Done) })
	return nil
}

// lookedAlone ends what somebody has asked for of one customer, or has it looked at again.
func lookedAlone(t *engine.Turn, ref engine.Ref, v domain.Verdict) {
	r, _ := engine.Get[domain.Round](t, ref)
	if !r.Under() {
		return
	}
	due := t.DueAt(ref) // after a look: of the second one, if there is to be one
	next, again := r.LookedAlone(v, t.Now)
	switch {
	case next.Under():
		due = again
	case v != domain.Done:
		due = time.Time{}
	}
	engine.Put(t, ref, next)
	t.Due(ref, due)
}

// reconcileRefs names what is to be compared: a customer, or the round through all.
func reconcileRefs(m proto.Message, _ engine.Meta) ([]engine.Ref, error) {
	tenant := m.(*fulfillmentv1.ReconcileRequest).GetCustomerTenant()
	if tenant == "" {
		return []engine.Ref{roundRef}, nil
	}
	id, ok := canonical(tenant)
	if !ok {
		return nil, fault.New(fault.Invalid, "not_a_uuid", "The customer's tenant is not a UUID.").At("customer_tenant")
	}
	return []engine.Ref{{Kind: store.ReconciliationKind, ID: id}}, nil
}

// reconcile has a comparison begin now, unless it is under way.
func (s *Service) reconcile(t *engine.Turn) error {
	ref := t.Refs[0]
	if !staff(t.Meta.Caller.Role) {
		return fault.New(fault.Forbidden, "staff_only", "Only admins and technicians may have the books compared.")
	}
	customer := ref.ID
	if ref == roundRef {
		customer = ""
	}
	r, _ := engine.Get[domain.Round](t, ref)
	next, started := r.Ask(customer, t.Now)
	due := t.DueAt(ref)
	if started {
		due = t.Now
		engine.Put(t, ref, next)
		t.Due(ref, due)
	}
	row := engine.Row[domain.Round]{ID: ref.ID, Due: due, State: next}
	t.Reply(&fulfillmentv1.ReconcileResponse{Reconciliation: reconciliation(&row), Started: started})
	return nil
}

// reconciliation tells of a comparison, but for its progress.
func reconciliation(r *engine.Row[domain.Round]) *fulfillmentv1.Reconciliation {
	out := &fulfillmentv1.Reconciliation{
		UnderWay: r.State.Under(), StartedAt: since(r.State.StartedAt), EndedAt: since(r.State.EndedAt), DueAt: since(r.Due),
	}
	if r.ID != store.RoundID {
		out.CustomerTenant = r.ID
	}
	return out
}

// since is a time as it is told; nothing for none.
func since(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}

// reconciliations tells of the round, and of single customers that somebody has asked for.
func reconciliations(ctx context.Context, q engine.Querier) ([]*fulfillmentv1.Reconciliation, error) {
	rows, err := store.ReconciliationsDue(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []*fulfillmentv1.Reconciliation
	for i := range rows {
		r := &rows[i]
		if r.ID != store.RoundID && !r.State.Under() {
			continue // a second look
		}
		told := reconciliation(r)
		if r.ID == store.RoundID && r.State.Under() {
			if told.Customers, told.Done, err = store.Progress(ctx, q, r.State.After); err != nil {
				return nil, err
			}
		}
		out = append(out, told)
	}
	return out, nil
}

// findings opens, keeps and ends the customer's findings, and says whether one waits for a second look.
func (s *Service) findings(t *engine.Turn, seen domain.BooksSeen) (suspected bool) {
	found := map[string]bool{}
	for _, d := range seen.Found {
		ref := engine.Ref{Kind: store.FindingKind, ID: d.ID()}
		found[ref.ID] = true
		f, _ := engine.Get[domain.Finding](t, ref)
		f, changed := f.Seen(d, s.Comparing.Lag, t.Now)
		if changed {
			engine.Put(t, ref, f)
		}
		suspected = suspected || f.Stage == domain.Suspected
	}
	for _, id := range seen.Standing {
		ref := engine.Ref{Kind: store.FindingKind, ID: id}
		if f, ok := engine.Get[domain.Finding](t, ref); ok && !found[id] {
			if f, changed := f.Unseen(t.Now); changed {
				engine.Put(t, ref, f)
			}
		}
	}
	return suspected
}

// lookAgain plans a customer's second look, or takes it back.
func (s *Service) lookAgain(t *engine.Turn, ref engine.Ref, again bool) {
	r, _ := engine.Get[domain.Round](t, ref)
	due := time.Time{}
	if again {
		due = t.Now.Add(s.Comparing.Lag + s.Comparing.Lag/secondLook)
	}
	if !due.Equal(t.DueAt(ref)) {
		engine.Put(t, ref, r)
		t.Due(ref, due)
	}
}
