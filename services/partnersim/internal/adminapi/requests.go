package adminapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

type requestBody struct {
	Number        uint64    `json:"number"`
	At            time.Time `json:"at"`
	Operation     string    `json:"operation"`
	Resource      string    `json:"resource"`
	Tenant        string    `json:"tenant,omitempty"`
	Customer      string    `json:"customer,omitempty"`
	Target        string    `json:"target,omitempty"`
	RequestID     string    `json:"request_id"`
	CorrelationID string    `json:"correlation_id"`
	Status        int       `json:"status"` // 0: closed without an answer
	Code          int       `json:"code,omitempty"`
	FirstEffect   uint64    `json:"first_effect,omitempty"`
	LastEffect    uint64    `json:"last_effect,omitempty"`
	Met           string    `json:"met,omitempty"`
}

func showRequest(r *traffic.Request) requestBody {
	return requestBody{
		Number: r.Number, At: r.At.UTC(), Operation: r.Operation.String(), Resource: r.Operation.Resource().String(),
		Tenant: r.Tenant, Customer: optional(r.Customer), Target: r.Target, RequestID: r.RequestID, CorrelationID: r.CorrelationID,
		Status: r.Status, Code: r.Code, FirstEffect: r.FirstEffect, LastEffect: r.LastEffect, Met: r.Met,
	}
}

// requestFilter reads the query of a call for the log into a test of one request.
func requestFilter(q url.Values) (func(*traffic.Request) bool, *problem) {
	tests := []func(*traffic.Request) bool{}
	if q.Get("customer") != "" {
		want, p := customer(q.Get("customer"))
		if p != nil {
			return nil, p
		}
		tests = append(tests, func(r *traffic.Request) bool { return world.ID(r.Customer) == want })
	}
	if q.Get("effects") != "" {
		want := q.Get("effects") == "true"
		tests = append(tests, func(r *traffic.Request) bool { return r.FirstEffect > 0 == want })
	}
	for _, f := range []struct {
		name string
		of   func(*traffic.Request) string
	}{
		{"operation", func(r *traffic.Request) string { return r.Operation.String() }},
		{"resource", func(r *traffic.Request) string { return r.Operation.Resource().String() }},
		{"target", func(r *traffic.Request) string { return r.Target }},
		{"request_id", func(r *traffic.Request) string { return r.RequestID }},
		{"correlation_id", func(r *traffic.Request) string { return r.CorrelationID }},
		{"status", func(r *traffic.Request) string { return strconv.Itoa(r.Status) }},
		{"code", func(r *traffic.Request) string { return strconv.Itoa(r.Code) }},
	} {
		if want := q.Get(f.name); want != "" {
			tests = append(tests, func(r *traffic.Request) bool { return strings.EqualFold(f.of(r), want) })
		}
	}
	if want := q.Get("met"); want != "" {
		tests = append(tests, func(r *traffic.Request) bool { return strings.Contains(r.Met, want) })
	}
	return func(r *traffic.Request) bool {
		return !slices.ContainsFunc(tests, func(test func(*traffic.Request) bool) bool { return !test(r) })
	}, nil
}

// requestLog lists requests in the order of their answers, a page at a time.
func (a *api) requestLog(r *http.Request) (int, any, *problem) {
	q := r.URL.Query()
	pass, p := requestFilter(q)
	if p != nil {
		return 0, nil, p
	}
	after, limit, p := page(q)
	if p != nil {
		return 0, nil, p
	}
	found := a.Log.Requests(after, limit, pass)
	list := make([]requestBody, len(found))
	next := after
	for n := range found {
		list[n] = showRequest(&found[n])
		next = found[n].Number
	}
	total, forgotten := a.Log.Total()
	return http.StatusOK, map[string]any{
		"requests": list, "next_after": next, "more": len(found) == limit, "total": total, "forgotten": forgotten,
	}, nil
}
