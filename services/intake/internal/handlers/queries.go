package handlers

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Reader answers what only reads.
type Reader struct {
	DB engine.Querier
	// Watch returns a channel that closes at the next change of an order that this process
	// commits. stop must be called.
	Watch func(engine.Ref) (changed <-chan struct{}, stop func())
}

// Limits of a read.
const (
	queryTimeout = 2 * time.Second
	// waitMost is how long a read waits for the book to get to a position.
	waitMost = time.Second
	// lookAgain is how often it looks for what another replica has committed.
	lookAgain = 100 * time.Millisecond
	pageUsual = 50
	pageMost  = 200
)

// Queries is the list of endpoints.
func (r *Reader) Queries() []rpc.Query {
	return []rpc.Query{
		{Method: contract.GetOrder, Handle: r.getOrder},
		{Method: contract.ListOrders, Handle: r.listOrders},
		{Method: contract.GetTimeline, Handle: r.getTimeline},
	}
}

func (r *Reader) getOrder(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
	q := req.(*intakev1.GetOrderRequest)
	b, err := r.find(ctx, q.GetId(), m.Caller)
	if err != nil {
		return nil, err
	}
	if p := q.GetAtLeast(); p != nil && !reached(b, p) {
		if b, err = r.await(ctx, b.Order.GetId(), p, m.Caller); err != nil {
			return nil, err
		}
	}
	return &intakev1.GetOrderResponse{Order: shown(b)}, nil
}

// reached reports that the book has heard the owner's event of this sequence. A position of
// somebody who owns no order is reached at once: there is nothing to wait for.
func reached(b domain.Book, p *orderv1.Position) bool {
	o := domain.OwnerOf(p.GetOwner())
	return o == domain.Nobody || b.Heard[o] >= p.GetSequence()
}

// await reads the order again whenever it changes, until the position is reached or the
// time is over. Then it is shown as it is.
func (r *Reader) await(ctx context.Context, id string, p *orderv1.Position, c rpc.Caller) (domain.Book, error) {
	over := time.NewTimer(waitMost)
	defer over.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	ref := engine.Ref{Kind: store.OrderKind, ID: id}
	for {
		changed, stop := r.Watch(ref)
		b, err := r.find(ctx, id, c)
		if err != nil || reached(b, p) {
			stop()
			return b, err
		}
		select {
		case <-changed:
		case <-again.C:
		case <-over.C:
			stop()
			return b, nil
		case <-ctx.Done():
			stop()
			return b, nil
		}
		stop()
	}
}

// find reads one order by id or number. A customer's people see their own tenant's only: any
// other does not exist for them.
func (r *Reader) find(ctx context.Context, id string, c rpc.Caller) (domain.Book, error) {
	none := fault.New(fault.NotFound, "order_not_found", "There is no such order.").At("id").Hinted("Check the number.")
	tenant, err := sees(c)
	if err != nil {
		return domain.Book{}, err
	}
	key, byID := canonical(id)
	if !byID {
		key = strings.ToUpper(strings.TrimSpace(id))
		if !strings.HasPrefix(key, "ORD-") {
			return domain.Book{}, none
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("intake: find timeout"))
	defer cancel()
	b, ok, err := store.Find(ctx, r.DB, key, !byID)
	switch {
	case err != nil:
		return b, postgres.Wrap("intake.find", err)
	case !ok || tenant != "" && b.Order.GetCustomer().GetTenantId() != tenant:
		return domain.Book{}, none
	}
	return b, nil
}

// sees is the one tenant whose orders the caller may see; empty for staff, who see all.
func sees(c rpc.Caller) (tenant string, err error) {
	switch c.Role {
	case orderv1.Role_ROLE_ADMIN, orderv1.Role_ROLE_TECHNICIAN, orderv1.Role_ROLE_SYSTEM:
		return "", nil
	case orderv1.Role_ROLE_CUSTOMER, orderv1.Role_ROLE_CUSTOMER_ADMIN:
		if id, ok := canonical(c.Tenant); ok {
			return id, nil
		}
	}
	return "", fault.New(fault.Forbidden, "no_role", "Your role may not see orders.").Hinted("Ask the partner for a role.")
}

func (r *Reader) listOrders(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
	q := req.(*intakev1.ListOrdersRequest)
	f, err := filter(q, m.Caller)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("intake: list timeout"))
	defer cancel()
	page := f.Limit
	f.Limit++ // one more tells whether there is a next page
	books, err := store.List(ctx, r.DB, f)
	if err != nil {
		return nil, postgres.Wrap("intake.list", err)
	}
	out := &intakev1.ListOrdersResponse{}
	if len(books) > page {
		books = books[:page]
		out.NextCursor = cursor(books[page-1].Order.GetId())
	}
	for _, b := range books {
		out.Orders = append(out.Orders, shown(b))
	}
	return out, nil
}

// filter is what a list asks for, narrowed to what the caller may see.
func filter(q *intakev1.ListOrdersRequest, c rpc.Caller) (store.Filter, error) {
	scope := q.GetScope()
	f := store.Filter{
		Recent: scope == intakev1.Scope_SCOPE_UNSPECIFIED || scope == intakev1.Scope_SCOPE_RECENT,
		Active: q.GetActiveOnly() || scope == intakev1.Scope_SCOPE_PENDING,
		Search: strings.TrimSpace(q.GetSearch()),
		Limit:  min(int(q.GetLimit()), pageMost),
	}
	if f.Limit <= 0 {
		f.Limit = pageUsual
	}
	for _, st := range q.GetStatuses() {
		f.Statuses = append(f.Statuses, domain.StatusWord(st))
	}
	var err error
	if f.Tenant, err = sees(c); err != nil {
		return f, err
	}
	if asked := q.GetTenantId(); asked != "" && f.Tenant == "" {
		id, ok := canonical(asked)
		if !ok {
			return f, fault.New(fault.Invalid, "not_a_uuid", "The tenant id is not a UUID.").At("tenant_id")
		}
		f.Tenant = id
	}
	if q.GetCursor() != "" {
		id, ok := position(q.GetCursor())
		if !ok {
			return f, fault.New(fault.Invalid, "malformed_cursor", "The cursor is none that a list gave.").
				At("cursor").Hinted("Begin with the first page.")
		}
		f.Before = id
	}
	return f, nil
}

// cursor names the last order of a page; it means nothing to anybody else.
func cursor(id string) string {
	u := uuid.MustParse(id)
	return base64.RawURLEncoding.EncodeToString(u[:])
}

func position(cursor string) (id string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", false
	}
	u, err := uuid.FromBytes(raw)
	return u.String(), err == nil
}

func (r *Reader) getTimeline(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
	b, err := r.find(ctx, req.(*intakev1.GetTimelineRequest).GetId(), m.Caller)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("intake: timeline timeout"))
	defer cancel()
	entries, err := store.Entries(ctx, r.DB, b.Order.GetId())
	if err != nil {
		return nil, postgres.Wrap("intake.timeline", err)
	}
	entries = visible(append(entries, submittedEntry(b.Order)), m.Caller.Role)
	slices.SortStableFunc(entries, func(a, b *intakev1.TimelineEntry) int {
		return cmp.Or(
			a.GetAt().AsTime().Compare(b.GetAt().AsTime()),
			cmp.Compare(domain.OwnerOf(a.GetOwner()), domain.OwnerOf(b.GetOwner())),
			cmp.Compare(a.GetSequence(), b.GetSequence()),
		)
	})
	return &intakev1.GetTimelineResponse{Entries: entries}, nil
}

// visible is what somebody of a role is shown of a timeline. Customers do not see who else was notified, nor what was put
// aside and why, nor the addresses of the partner's staff.
func visible(entries []*intakev1.TimelineEntry, viewer orderv1.Role) []*intakev1.TimelineEntry {
	if !customer(viewer) {
		return entries
	}
	shown := entries[:0]
	for _, e := range entries {
		if e.GetOwner() == string(contract.Notification) || e.GetType() == contract.DeadLetterNotice(contract.Intake).Type {
			continue
		}
		if by := e.GetBy(); by.GetEmail() != "" && !customer(by.GetRole()) {
			e = proto.CloneOf(e)
			e.By.Email = ""
		}
		shown = append(shown, e)
	}
	return shown
}

func customer(r orderv1.Role) bool {
	return r == orderv1.Role_ROLE_CUSTOMER || r == orderv1.Role_ROLE_CUSTOMER_ADMIN
}

// submittedEntry is the timeline's first entry, which the order record itself stands for.
func submittedEntry(o *orderv1.Order) *intakev1.TimelineEntry {
	v := domain.Submitted(o)
	return &intakev1.TimelineEntry{
		At: o.GetPlacedAt(), Type: contract.OrderSubmitted.Type, Owner: string(contract.Intake), Sequence: 1,
		Status: v.GetStatus(), By: o.GetRequester(), Sentence: v.GetSentence(),
	}
}

// shown is an order as the book shows it.
func shown(b domain.Book) *intakev1.BookOrder {
	out := &intakev1.BookOrder{
		Order: b.Order, View: b.View, Owner: b.Owner.String(), UpdatedAt: timestamppb.New(b.ShownAt), NeedsAttention: b.NeedsAttention(),
	}
	if at := b.FinishedAt(); !at.IsZero() {
		out.FinishedAt = timestamppb.New(at)
	}
	for o := domain.Intake; int(o) < len(b.Heard); o++ {
		if b.Heard[o] > 0 {
			out.Heard = append(out.Heard, &orderv1.Position{Owner: o.String(), Sequence: b.Heard[o]})
		}
	}
	return out
}
