package callbacks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/callbacks"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/webhook"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// Each callback is answered in plain words by what it is; only one that is stored is answered with 200.
func TestReceiver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, body string
		verify, take       error
		status             int
		outcome, words     string
	}{
		"stored":           {status: http.StatusOK},
		"not the vendor's": {verify: fault.New(fault.Unauthenticated, "x", "Not signed."), status: http.StatusUnauthorized, outcome: "unverified", words: "Not signed.\n"},
		"unreadable":       {verify: fault.New(fault.Invalid, "x", "Cannot be read."), status: http.StatusBadRequest, outcome: "unreadable", words: "Cannot be read.\n"},
		"no certificate":   {verify: fault.New(fault.Unavailable, "x", "Secret."), status: http.StatusServiceUnavailable, outcome: "unavailable", words: "The callback cannot be taken now. Send it again later.\n"},
		"not stored":       {take: errors.New("secret"), status: http.StatusServiceUnavailable, outcome: "unavailable", words: "The callback cannot be taken now. Send it again later.\n"},
		"too long":         {body: strings.Repeat("x", webhook.MaxBody+1), status: http.StatusRequestEntityTooLarge, outcome: "unreadable", words: "The callback is too long.\n"},
		"another path":     {path: "/", status: http.StatusNotFound},
		"a question":       {method: http.MethodGet, status: http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var outcomes []string
			taken := 0
			r := callbacks.Receiver{
				Log: slog.New(slog.DiscardHandler),
				Verify: func(_ context.Context, h http.Header, body []byte) (webhook.Event, error) {
					if h.Get("X-Test") != name {
						t.Errorf("the headers are %v", h)
					}
					return webhook.Event{Name: string(body)}, c.verify
				},
				Take: func(_ context.Context, e webhook.Event) error {
					if e.Name != c.body {
						t.Errorf("the event is %v", e)
					}
					taken++
					return c.take
				},
				Refused: func(outcome string) { outcomes = append(outcomes, outcome) },
			}
			method, path := http.MethodPost, callbacks.Path
			if c.method != "" {
				method = c.method
			}
			if c.path != "" {
				path = c.path
			}
			req := httptest.NewRequest(method, path, strings.NewReader(c.body))
			req.Header.Set("X-Test", name)
			w := httptest.NewRecorder()
			r.Handler().ServeHTTP(w, req)
			if words, _ := io.ReadAll(w.Body); w.Code != c.status || c.outcome != "" && string(words) != c.words {
				t.Errorf("answered %d %q", w.Code, words)
			}
			if strings.Join(outcomes, " ") != c.outcome || taken != 0 && c.verify != nil {
				t.Errorf("counted %v, taken %d times", outcomes, taken)
			}
		})
	}
}

// The receiver listens until it is told to stop, and its address must be free.
func TestReceiverStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r := callbacks.Receiver{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
	up, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- r.Run(ctx, func() { close(up) }) }()
	testkit.Wait(t, "the receiver", up)
	stop()
	if err := testkit.Wait(t, "the receiver's end", ended); err != nil {
		t.Errorf("it ended with %v", err)
	}
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	r.Listen = taken.Listener.Addr().String()
	if err := r.Run(t.Context(), func() {}); err == nil {
		t.Error("it listens where somebody else does")
	}
}
