package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// portal answers every request in the same way and remembers the last.
func portal(t *testing.T, status int, header map[string]string, body string) (*client.Client, *http.Request) {
	t.Helper()
	last := new(http.Request)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*last = *r
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	return c, last
}

func TestRequestsAreMadeAsTheAPIWantsThem(t *testing.T) {
	t.Parallel()
	c, r := portal(t, http.StatusOK, map[string]string{"Seatflow-Position": "approval:3"}, `{"id":"x","number":"ORD-2026-00001","links":{"self":"/x"}}`)
	o, err := c.Cancel(t.Context(), " ORD-2026-00001 ", "twice & more")
	if err != nil || o.Position != "approval:3" {
		t.Fatalf("%+v, %v", o, err)
	}
	if r.Method != http.MethodDelete || r.URL.Path != "/api/licensing/orders/ORD-2026-00001" || r.URL.Query().Get("reason") != "twice & more" ||
		r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Idempotency-Key") == "" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if _, err := c.Get(t.Context(), "x/../y", "approval:3"); err != nil {
		t.Fatal(err)
	}
	if r.URL.EscapedPath() != "/api/licensing/orders/x%2F..%2Fy" || r.URL.Query().Get("at_least") != "approval:3" || r.Header.Get("Idempotency-Key") != "" {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	raw, err := json.Marshal(o)
	if err != nil || !strings.Contains(string(raw), `"links":{"self":"/x"}`) {
		t.Errorf("the portal's own words are lost: %s, %v", raw, err)
	}
}

func TestListSelects(t *testing.T) {
	t.Parallel()
	c, r := portal(t, http.StatusOK, nil, `{"orders":[{"id":"x"}],"next_cursor":"n"}`)
	page, err := c.List(t.Context(), client.Selection{View: "pending", Statuses: []string{"failed", "scheduled"}, Limit: 7, Cursor: "c"})
	if err != nil || len(page.Orders) != 1 || page.NextCursor != "n" {
		t.Fatalf("%+v, %v", page, err)
	}
	if got := r.URL.String(); got != "/api/licensing/orders/pending?cursor=c&limit=7&status=failed%2Cscheduled" {
		t.Error(got)
	}
}

func TestRefusalsAreToldInPlainWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
		told   string
	}{
		"one field": {
			400, `{"code":"too_small","detail":"lines[0].quantity: Give at least 1.","errors":[{"field":"lines[0].quantity","code":"too_small","message":"Give at least 1.","hint":"Or leave the line out."}]}`,
			fault.Invalid, "lines[0].quantity: Give at least 1.\nOr leave the line out.",
		},
		"several fields": {
			400, `{"code":"invalid_order","detail":"The order is not valid.","hint":"See the docs.","errors":[{"field":"note","message":"Too long."},{"field":"lines","message":"None.","hint":"Give one."}]}`,
			fault.Invalid, "The order is not valid.\n  note: Too long.\n  lines: None. Give one.\nSee the docs.",
		},
		"conflict":             {409, `{"code":"already_decided","detail":"Dana Reyes has approved it."}`, fault.Conflict, "Dana Reyes has approved it."},
		"no such order":        {404, `{"code":"no_order","detail":"There is no such order."}`, fault.NotFound, "There is no such order."},
		"not one of ours":      {502, `<html>`, fault.Unavailable, "The server answered 502 Bad Gateway."},
		"our fault":            {500, `{"code":"internal","title":"Something went wrong on our side","trace_id":"4bf9"}`, fault.Internal, "Something went wrong on our side\nTell those who run the server this trace id: 4bf9"},
		"steering a terminal":  {409, `{"code":"x","detail":"red \u001b[31malert\u0007"}`, fault.Conflict, "red [31malert"},
		"changing direction":   {409, `{"code":"x","detail":"a\u202eb"}`, fault.Conflict, "ab"},
		"a status of no table": {418, `{"code":"x","detail":"Teapot."}`, fault.Internal, "Teapot."},
	} {
		who, _ := portal(t, c.status, nil, c.body)
		_, err := who.Get(t.Context(), "x", "")
		if got := client.Explain(err); fault.KindOf(err) != c.kind || got != c.told {
			t.Errorf("%s: %s: %q, want %q", name, fault.KindOf(err), got, c.told)
		}
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	c, _ := portal(t, http.StatusServiceUnavailable, map[string]string{"Retry-After": "7"}, `{"code":"busy","detail":"Busy."}`)
	_, err := c.Retry(t.Context(), "x")
	if f := fault.As(err); f.Kind != fault.Unavailable || f.RetryAfter != 7*time.Second {
		t.Errorf("%+v", f)
	}
}

func TestWhatIsNoPortalIsSaid(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"hello", `{"hello":"world"}`} {
		c, _ := portal(t, http.StatusOK, nil, body)
		_, err := c.Get(t.Context(), "x", "")
		if f := fault.As(err); f.Code != "not_the_portal" {
			t.Errorf("%q: %v", body, err)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := client.New(gone.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(t.Context(), "x", "")
	if f := fault.As(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, gone.URL) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := client.New(bad, ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestExplainOtherErrors(t *testing.T) {
	t.Parallel()
	if got := client.Explain(nil); got != "" {
		t.Errorf("nil: %q", got)
	}
	if got := client.Explain(errors.New("disk full")); got != "disk full" {
		t.Errorf("%q", got)
	}
}
