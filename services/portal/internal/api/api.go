// Package api is Seatflow's HTTP API: operations on huma, their JSON, and the way of a command to the service that owns
// the order.
//
// Model: an operation takes typed input, asks one or more services through a [Caller] and answers JSON in the product's
// words. The portal keeps no state. Reads come from intake's order book. A command goes to the owner that the book
// names; an owner that has passed the order on says to whom, and the portal follows; one that the order has not reached
// yet is asked again for about a second.
//
// Guarantees: every error is problem details (RFC 9457) with a plain sentence, a code, the fields at fault and the trace
// id; texts of causes stay in the log. Unknown fields, unknown parameters and malformed JSON are refused by name. An
// order of another customer does not exist for a customer. A command that the portal repeats carries one key, so it
// takes effect once.
//
// Failures: a service that is not there is 503 with Retry-After; a command whose answer did not come in time is too, and
// may be sent again with its Idempotency-Key.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Caller asks a service. rpc.Client is one; errors are faults.
type Caller interface {
	Call(ctx context.Context, m contract.Method, req, reply proto.Message, meta rpc.Meta) error
}

// Authenticator reads an Authorization header.
type Authenticator interface {
	Authenticate(ctx context.Context, header string) (rpc.Caller, error)
}

// MaxBody is the size of the largest request body, in bytes.
const MaxBody = 256 << 10

const (
	// callTimeout bounds one question to a service.
	callTimeout = 5 * time.Second
	// bodyTimeout bounds the reading of a request's body.
	bodyTimeout = 15 * time.Second
)

// Server holds the operations.
type Server struct {
	caller Caller
	door   Authenticator
	log    *slog.Logger
	huma   huma.API
}

// New registers all operations with mux. version is the program's, for the OpenAPI document.
func New(mux *http.ServeMux, caller Caller, door Authenticator, log *slog.Logger, version string) *Server {
	teachHuma()
	s := &Server{caller: caller, door: door, log: log}
	s.huma = humago.New(mux, configuration(version))
	s.huma.UseMiddleware(s.authenticate)
	s.placing()
	s.reading()
	s.deciding()
	s.ruling()
	s.waiting()
	s.settling()
	s.operating()
	s.vending()
	s.watching()
	s.reconciling()
	s.finishDocument()
	return s
}

// OpenAPI describes the operations, as OpenAPI 3.1.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.huma.OpenAPI() }

func configuration(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Seatflow", Version: version,
				Description: "Place licence orders, get them approved, have them bought at Partner Center exactly once, and follow them.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {
					Type: "http", Scheme: "bearer", BearerFormat: "JWT",
					Description: "A token of a configured OpenID Connect issuer, or of the local issuer (seatflow token).",
				}},
			},
		},
		Formats:       map[string]huma.Format{jsonType: jsonFormat, "json": jsonFormat}, // the latter for …+json
		DefaultFormat: jsonType,

		RejectUnknownQueryParameters: true,
	}
}

var jsonFormat = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	csvType     = "text/csv; charset=utf-8; header=present"
)

// errorStatuses are what every operation may answer beside success.
var errorStatuses = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
	http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable,
}

// register adds an operation: who may use it is checked, and errors become problem details.
func register[I, O any](s *Server, op huma.Operation, may access, handle func(context.Context, *I) (*O, error)) {
	op.Security = []map[string][]string{{"bearer": {}}}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = MaxBody
	}
	op.MaxBodyBytes++ // huma refuses a body of exactly this size
	op.BodyReadTimeout = bodyTimeout
	op.Errors = append(op.Errors, errorStatuses...)
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		if err := may.check(ctx); err != nil {
			return nil, s.problem(ctx, err)
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// finishDocument takes out what huma adds and we never answer, since input faults are 400 here and not 422, and adds
// the example of an order and the form of an upload.
func (s *Server) finishDocument() {
	for _, item := range s.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				delete(op.Responses, "422")
			}
		}
	}
	describeUpload(s.huma.OpenAPI().Paths[ordersPath+"/{id}/purchase-order"].Post)
	s.huma.OpenAPI().Paths[ordersPath].Post.RequestBody.Content[jsonType].Example = exampleOrder
}

// call asks a service on behalf of the request's caller.
func (s *Server) call(ctx context.Context, m contract.Method, req, reply proto.Message, key string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, timeouts[m.Subject()])
	defer cancel()
	err := s.caller.Call(ctx, m, req, reply, metaOf(ctx, key))
	if err == nil {
		return nil
	}
	f := fault.As(err)
	if f.Op == "" {
		f = f.In(m.Subject())
	}
	return f
}
