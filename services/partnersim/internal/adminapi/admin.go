// Package adminapi is the other door of the simulator: where tests and operators set the scene, plan faults and read
// what really happened. The vendor has nothing like it.
//
// Model: JSON over HTTP below /admin/. Times are RFC 3339 in UTC, durations whole milliseconds with names ending in _ms,
// ids GUIDs in either case. Wherever a customer is named, the seeded ones may also be called contoso, fabrikam, northwind.
//
// Guarantees: a change is in force when its answer arrives. Calls here are not counted, limited or delayed, and need no
// token: who can reach the address can do everything, so it belongs on loopback or a test network.
//
// Failures: {"error":{"code","message","field"}} with 400 for a bad request, 404 for what is not there, and, where the
// vendor's rules refuse, the vendor's status and {"error":{"code":"refused","vendor_code",…}}.
package adminapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/hooks"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

const maxBody = 1 << 20

// Parts is what the API reads and changes. All are needed.
type Parts struct {
	World      *world.World
	Behaviours *behaviours.Set
	Plan       *faults.Plan
	Limiter    *traffic.Limiter
	Tally      *traffic.Tally
	Log        *traffic.Log
	Clock      *clock.Clock
	Hooks      *hooks.Hub
	Start      world.Settings // what a reset goes back to
	Limit      int            // likewise, requests per minute
	Scale      int            // likewise, of time
}

// New makes the handler of everything below /admin/, and what plays scenarios.
func New(parts Parts) (http.Handler, *Script) {
	a := &api{Parts: parts}
	a.script = &Script{a: a}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(r *http.Request) (int, any, *problem){
		"GET /admin/customers":           a.customers,
		"POST /admin/customers":          a.putCustomer,
		"GET /admin/catalogue":           a.catalogue,
		"POST /admin/catalogue":          a.setItem,
		"POST /admin/subscriptions":      a.createSubscription,
		"GET /admin/settings":            a.settings,
		"PATCH /admin/settings":          a.setSettings,
		"GET /admin/faults":              a.faults,
		"POST /admin/faults":             a.addFault,
		"DELETE /admin/faults":           a.clearFaults,
		"DELETE /admin/faults/{id}":      a.removeFault,
		"GET /admin/behaviours":          a.behaviours,
		"POST /admin/behaviours":         a.addBehaviour,
		"DELETE /admin/behaviours":       a.clearBehaviours,
		"DELETE /admin/behaviours/{id}":  a.removeBehaviour,
		"POST /admin/orders/{order}":     a.moveOrder,
		"GET /admin/clock":               a.clock,
		"POST /admin/clock":              a.advance,
		"GET /admin/requests/log":        a.requestLog,
		"GET /admin/scenarios":           a.scenarios,
		"POST /admin/scenarios":          a.addScenario,
		"DELETE /admin/scenarios":        a.dropScenarios,
		"GET /admin/check":               a.check,
		"GET /admin/ledger":              a.ledger,
		"GET /admin/ledger/summary":      a.ledgerSummary,
		"GET /admin/ledger/doubles":      a.ledgerDoubles,
		"GET /admin/ledger/carts/{cart}": a.ledgerCart,
		"GET /admin/requests":            a.requests,
		"POST /admin/reset":              a.reset,

		"POST /admin/catalogue/availability":     a.restock,
		"POST /admin/catalogue/inventory":        a.setInventory,
		"GET /admin/customers/{customer}":        a.account,
		"PATCH /admin/customers/{customer}":      a.setAccount,
		"POST /admin/customers/{customer}/seats": a.assignSeats,
		"GET /admin/webhooks":                    a.webhooks,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			a.script.due("")
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			status, body, p := handle(r)
			if p != nil {
				status, body = p.status, map[string]*problem{"error": p}
			}
			write(w, status, body)
		})
	}
	mux.HandleFunc("/admin/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusNotFound, map[string]*problem{"error": notFound("There is nothing at this path and method.")})
	})
	return mux, a.script
}

type api struct {
	Parts
	script *Script
}

// problem is an error as the API tells it.
type problem struct {
	status     int
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Field      string   `json:"field,omitempty"`
	VendorCode int      `json:"vendor_code,omitempty"`
	All        []string `json:"all,omitempty"` // when several things are wrong
}

func bad(field, message string) *problem {
	return &problem{status: http.StatusBadRequest, Code: "invalid", Field: field, Message: message}
}

func notFound(message string) *problem {
	return &problem{status: http.StatusNotFound, Code: "not_found", Message: message}
}

func refused(r *world.Refusal) *problem {
	return &problem{status: r.Status, Code: "refused", Message: r.Description, VendorCode: r.Code}
}

func write(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil { // cannot happen: plain structs and maps only
		status, text = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"The answer could not be written."}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that has gone misses its answer
}

// read decodes a body and refuses names that it does not know, so that a misspelt fault is not silently none.
func read(r *http.Request, into any) *problem {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return bad("", "The body must be one JSON object of the documented form: "+strings.TrimPrefix(err.Error(), "json: ")+".")
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("", "The body must be one JSON object and nothing else.")
	}
	return nil
}

var seededCustomers = map[string]string{"contoso": seed.Contoso, "fabrikam": seed.Fabrikam, "northwind": seed.Northwind}

// customer reads a customer's id or one of the short names.
func customer(text string) (world.ID, *problem) {
	if id, ok := seededCustomers[strings.ToLower(text)]; ok {
		text = id
	}
	id, ok := world.ParseID(text)
	if !ok {
		return id, bad("customer", "customer must be a GUID, contoso, fabrikam or northwind.")
	}
	return id, nil
}

func optional(id world.ID) string {
	if id == (world.ID{}) {
		return ""
	}
	return id.String()
}

// reset makes everything as it was at the start: customers, catalogue, subscriptions, settings, limit, the machine's time,
// no faults or behaviours, an empty ledger and log, no
// counts, and the scenarios of the start from their beginning.
func (a *api) reset(*http.Request) (int, any, *problem) {
	a.Plan.Clear()
	a.Behaviours.Clear()
	a.Clock.Reset(a.Scale)
	a.World.Reset(a.Clock.Now(), a.Start)
	a.Hooks.Reset()
	a.Limiter.SetLimit(a.Limit)
	a.Tally.Reset()
	a.Log.Reset()
	a.script.reset()
	return http.StatusNoContent, nil, nil
}
