package rate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
	"github.com/seatflow/seatflow/scripts/chaos/split"
	"github.com/seatflow/seatflow/services/kit/bus"
)

const (
	publishTimeout = 5 * time.Second
	hands          = 32 // grants on their way to the broker at once
	others         = 40 // customers with single orders
)

var errPublish = errors.New("rate: the broker does not acknowledge")

// single is an order of a customer with no others, and when it was approved.
type single struct {
	customer string
	at       time.Time
}

// load grants orders as approval does.
type load struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	sim     *web.Site
	n       int
	singles []single
}

func newLoad(ctx context.Context, at split.Addresses, log *slog.Logger) (*load, error) {
	nc, err := bus.Connect(ctx, bus.Config{URL: at.NATS, User: "approval", SeedFile: filepath.Join(at.Keys, "approval.nk")}, log, nil)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return &load{nc: nc, js: js, sim: web.New(at.Partnersim, "")}, nil
}

func (l *load) close() { l.nc.Close() }

// run grants the backlog, then single orders until the time is over. It returns when the backlog was there.
func (l *load) run(ctx context.Context, cfg Config) (began time.Time, err error) {
	for i := range others + 1 {
		c := customer(i)
		body := map[string]any{"id": c.GetTenantId(), "name": c.GetName()}
		if err := l.sim.Ask(ctx, http.MethodPost, "/admin/customers", "", body, nil); err != nil {
			return began, fmt.Errorf("make a customer: %w", err)
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(hands)
	for range cfg.Backlog {
		o := l.order(customer(0))
		g.Go(func() error { return l.grant(gctx, o) })
	}
	if err := g.Wait(); err != nil {
		return began, err
	}
	began = time.Now()
	over := time.NewTimer(cfg.For)
	defer over.Stop()
	tick := time.NewTicker(cfg.Every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-over.C:
			return began, nil
		case <-tick.C:
		case <-ctx.Done():
			return began, context.Cause(ctx)
		}
		c := customer(1 + i%others)
		if i >= others || time.Since(began) > cfg.For-5*time.Second {
			continue // each customer once, and the last ones get their time
		}
		l.singles = append(l.singles, single{c.GetTenantId(), time.Now()})
		if err := l.grant(ctx, l.order(c)); err != nil {
			return began, err
		}
	}
}

func customer(i int) *orderv1.Customer {
	return &orderv1.Customer{TenantId: fmt.Sprintf("5eed0000-0000-4000-8000-%012x", i+1), Name: fmt.Sprintf("Customer %d", i+1)}
}

// order is one that a publisher placed, for one new subscription.
func (l *load) order(c *orderv1.Customer) *orderv1.Order {
	l.n++
	return &orderv1.Order{
		Id: uuid.Must(uuid.NewV7()).String(), Number: fmt.Sprintf("ORD-2026-%05d", l.n), Customer: c, Source: "erp",
		Requester: &orderv1.Person{Issuer: "nats", Subject: "erp", Role: orderv1.Role_ROLE_SYSTEM}, PlacedAt: timestamppb.Now(),
		Lines: []*orderv1.Line{{
			Number: 1, Product: "Power BI Pro", CatalogItem: "CFQ7TTC0HL8W:0001:CFQ7TTC0PBI1", UnitPrice: &orderv1.Money{Amount: "100.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: 1, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
	}
}

func (l *load) grant(ctx context.Context, o *orderv1.Order) error {
	body, err := proto.Marshal(&eventv1.ApprovalGranted{
		View:  &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING},
		Order: o, Fingerprint: "rate", Decision: &eventv1.Decision{Automatic: true, At: timestamppb.Now()},
	})
	if err != nil {
		return err
	}
	head := bus.Head{
		ID: o.GetId() + ".approval.1", Source: string(contract.Approval), Type: contract.ApprovalGranted.Type,
		Subject: o.GetId(), Sequence: 1, Time: time.Now(),
	}
	ctx, cancel := context.WithTimeoutCause(ctx, publishTimeout, errPublish)
	defer cancel()
	if _, err := l.js.PublishMsg(ctx, &nats.Msg{Subject: contract.ApprovalGranted.Subject, Header: head.Header(), Data: body}); err != nil {
		return fmt.Errorf("grant %s: %w", o.GetNumber(), err)
	}
	return nil
}
