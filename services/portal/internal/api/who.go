package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// access is the roles that may use an operation at all; empty means everyone with a token. Whether this caller may do it
// to this order is for the order's owner to say.
type access []orderv1.Role

var (
	everyone = access{}
	admins   = access{orderv1.Role_ROLE_ADMIN}
	staff    = access{orderv1.Role_ROLE_ADMIN, orderv1.Role_ROLE_TECHNICIAN}
)

func (a access) check(ctx context.Context) error {
	if len(a) == 0 || slices.Contains(a, visit.From(ctx).Caller.Role) {
		return nil
	}
	names := make([]string, len(a))
	for i, r := range a {
		names[i] = roleWord(r)
	}
	return fault.New(fault.Forbidden, "role_not_allowed", "Your role may not do this.").
		Hinted("It needs the role " + strings.Join(names, " or ") + ".")
}

// authenticate stops every request without a good token before anything else is looked at.
func (s *Server) authenticate(ctx huma.Context, next func(huma.Context)) {
	v := visit.From(ctx.Context())
	caller, err := s.door.Authenticate(ctx.Context(), ctx.Header("Authorization"))
	if err != nil {
		s.write(ctx, s.problem(ctx.Context(), err))
		return
	}
	v.Caller = caller
	next(ctx)
}

// metaOf is what travels with a question to a service.
func metaOf(ctx context.Context, key string) rpc.Meta {
	v := visit.From(ctx)
	m := rpc.Meta{Caller: v.Caller, Key: key, Traceparent: v.Traceparent}
	m.Deadline, _ = ctx.Deadline()
	return m
}

// timeouts name whose deadline it was, by subject.
var timeouts = func() map[string]error {
	m := make(map[string]error, len(contract.Methods))
	for _, method := range contract.Methods {
		m[method.Subject()] = errors.New("portal: " + string(method.Service) + " " + method.Name + " timeout")
	}
	return m
}()

// tenantOf is the one customer that the caller may see; restricted is false for those who may see all.
func tenantOf(c rpc.Caller) (tenant string, restricted bool) {
	return c.Tenant, isCustomer(c.Role)
}

func isCustomer(r orderv1.Role) bool {
	return r == orderv1.Role_ROLE_CUSTOMER || r == orderv1.Role_ROLE_CUSTOMER_ADMIN
}

// maySee says whether an order exists for the caller.
func maySee(c rpc.Caller, o *orderv1.Order) bool {
	tenant, restricted := tenantOf(c)
	return !restricted || tenant != "" && strings.EqualFold(tenant, o.GetCustomer().GetTenantId())
}

// write answers a problem before an operation has begun.
func (s *Server) write(ctx huma.Context, p *Problem) {
	for name, values := range p.GetHeaders() {
		for _, v := range values {
			ctx.SetHeader(name, v)
		}
	}
	ctx.SetHeader("Content-Type", problemType)
	ctx.SetStatus(p.Status)
	if err := s.huma.Marshal(ctx.BodyWriter(), jsonType, p); err != nil && ctx.Context().Err() == nil {
		s.log.Warn("problem not written", "error", err, "trace_id", p.TraceID)
	}
}

// Write answers a problem outside of any operation: a path or method that does not exist, a server that is full.
// A status other than 0 takes the place of that of the error's kind.
func (s *Server) Write(w http.ResponseWriter, r *http.Request, status int, err error) {
	p := s.problem(r.Context(), err)
	if status != 0 {
		p.Status = status
	}
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	if err := s.huma.Marshal(w, jsonType, p); err != nil && r.Context().Err() == nil {
		s.log.Warn("problem not written", "error", err, "trace_id", p.TraceID)
	}
}
