package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Access is what can be asked about the way to the vendor.
type Access struct {
	// Resources are what the vendor counts requests by, PerMinute of each; 0 is no limit.
	Resources []string
	PerMinute int
	// Pace is how fast the vendor's clock goes.
	Pace domain.Pace
	// Blocked is for how long the vendor wants no requests, by resource.
	Blocked func(ctx context.Context) (map[string]time.Duration, error)
	// Breaker is the state of this process's breaker.
	Breaker func() string
	// DryRun says that this process logs what would change something instead of sending it.
	DryRun bool
}

// submissionsRefs names the pause switch.
func submissionsRefs(proto.Message, engine.Meta) ([]engine.Ref, error) {
	return []engine.Ref{engine.PauseRef}, nil
}

// setSubmissions holds back what buys or changes something at the vendor, or lets it go again.
func (s *Service) setSubmissions(t *engine.Turn) error {
	caller, req := t.Meta.Caller, t.Body.(*fulfillmentv1.SetSubmissionsRequest)
	if caller.Role != orderv1.Role_ROLE_ADMIN {
		return fault.New(fault.Forbidden, "admins_only", "Only admins may pause submissions, or let them go on.")
	}
	by, err := json.Marshal(author(caller))
	if err != nil {
		return err
	}
	p := engine.Pause{Paused: req.GetPaused(), Reason: req.GetReason(), By: by, At: t.Now}
	engine.Put(t, engine.PauseRef, p)
	t.Reply(&fulfillmentv1.SetSubmissionsResponse{Submissions: submissions(p, 0)})
	return nil
}

// submissions tells how the switch stands.
func submissions(p engine.Pause, waiting int64) *fulfillmentv1.Submissions {
	out := &fulfillmentv1.Submissions{Paused: p.Paused, Reason: p.Reason, Waiting: waiting}
	if !p.At.IsZero() {
		out.At = timestamppb.New(p.At)
	}
	var by domain.Person
	if err := json.Unmarshal(p.By, &by); err == nil {
		out.By = person(by)
	}
	return out
}

// way is how things stand between here and the vendor.
type way struct {
	pause   engine.Pause
	held    int64            // calls that the pause holds back
	waiting []engine.Waiting // others
	blocked map[string]time.Duration
}

func (a Access) look(ctx context.Context, q engine.Querier) (w way, err error) {
	if w.pause, err = engine.PauseOf(ctx, q); err != nil {
		return w, err
	}
	all, err := engine.WaitingCalls(ctx, q)
	if err != nil {
		return w, err
	}
	for _, c := range all {
		if c.Changes && w.pause.Paused {
			w.held += c.Calls
		} else {
			w.waiting = append(w.waiting, c)
		}
	}
	w.blocked, err = a.Blocked(ctx)
	return w, err
}

// vendorState shows the partner's staff the switch, the budgets, the breaker and how far the books are compared.
func vendorState(q engine.Querier, a Access) rpc.Handle {
	return func(ctx context.Context, _ proto.Message, m rpc.Meta) (proto.Message, error) {
		if !staff(m.Caller.Role) {
			return nil, fault.New(fault.Forbidden, "staff_only", "Only admins and technicians may see the state of the vendor.")
		}
		ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("fulfillment: vendor state timeout"))
		defer cancel()
		w, err := a.look(ctx, q)
		if err != nil {
			return nil, postgres.Wrap("fulfillment.get_vendor_state", err)
		}
		out := &fulfillmentv1.GetVendorStateResponse{Submissions: submissions(w.pause, w.held), Breaker: a.Breaker(), DryRun: a.DryRun}
		if out.Reconciliations, err = reconciliations(ctx, q); err != nil {
			return nil, postgres.Wrap("fulfillment.get_vendor_state", err)
		}
		for _, r := range a.Resources {
			b := &fulfillmentv1.Budget{Resource: r, PerMinute: int32(min(a.PerMinute, 1<<30))}
			if d := w.blocked[r]; d > 0 {
				b.BlockedUntil = timestamppb.New(time.Now().Add(d))
			}
			for _, c := range w.waiting {
				if c.Resource == r {
					b.Waiting += c.Calls
				}
			}
			out.Budgets = append(out.Budgets, b)
		}
		return out, nil
	}
}

var (
	pausedDesc  = prometheus.NewDesc("seatflow_fulfillment_submissions_paused", "1 while submissions are paused.", nil, nil)
	heldDesc    = prometheus.NewDesc("seatflow_fulfillment_held_calls", "Calls that the pause of submissions holds back.", nil, nil)
	waitingDesc = prometheus.NewDesc("seatflow_fulfillment_waiting_calls",
		"Calls that are due and wait for their turn, by what the vendor counts them towards and class.", []string{"resource", "class"}, nil)
	blockedDesc = prometheus.NewDesc("seatflow_fulfillment_blocked_seconds",
		"How much longer the vendor wants no requests, by what it counts them towards.", []string{"resource"}, nil)
)

// gauges are those of the way to the vendor.
func (a Access) gauges(q engine.Querier) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{pausedDesc, heldDesc, waitingDesc, blockedDesc}, Every: 2 * time.Second, Within: 500 * time.Millisecond,
		Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			w, err := a.look(ctx, q)
			if err != nil {
				return nil, err
			}
			paused := 0.0
			if w.pause.Paused {
				paused = 1
			}
			out := []prometheus.Metric{telemetry.Gauge(pausedDesc, paused), telemetry.Gauge(heldDesc, float64(w.held))}
			sum := map[[2]string]int64{}
			for _, c := range w.waiting {
				sum[[2]string{c.Resource, c.Class}] += c.Calls
			}
			for labels, n := range sum {
				out = append(out, telemetry.Gauge(waitingDesc, float64(n), labels[0], labels[1]))
			}
			for _, r := range a.Resources {
				out = append(out, telemetry.Gauge(blockedDesc, w.blocked[r].Seconds(), r))
			}
			return out, nil
		},
	}
}
