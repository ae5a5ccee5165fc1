package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/seatflow/internal/client"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// scripted is a portal whose one order has each of these statuses in turn, and keeps the last.
func scripted(t *testing.T, out *strings.Builder, within time.Duration, statuses ...string) (*play, *act) {
	t.Helper()
	var reads atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/timeline") {
			var entries []client.Entry
			for i := range min(int(reads.Load()), len(statuses)) {
				entries = append(entries, client.Entry{Type: "seatflow.x.v1", Owner: "approval", Sequence: int64(i + 1), Status: statuses[i], Sentence: "Step " + strconv.Itoa(i+1) + "."})
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"entries": entries})
			return
		}
		n := min(int(reads.Add(1)), len(statuses))
		w.Header().Set("Seatflow-Position", "approval:"+strconv.Itoa(n))
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "x", "number": "ORD-1", "status": statuses[n-1], "sentence": "It is so.", "customer": client.Customer{Name: "Contoso Corp"}})
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, "t")
	if err != nil {
		t.Fatal(err)
	}
	p := &play{out: out, within: within, people: map[string]*client.Client{john.email: c}}
	a := &act{id: "x", number: "ORD-1", customer: "Contoso Corp", told: map[string]bool{}}
	p.acts = []*act{a}
	return p, a
}

func TestUntilTellsEachStatusOnce(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p, a := scripted(t, &out, time.Minute, "received", "processing", "completed")
	o, err := p.until(t.Context(), a, completed)
	if err != nil || o.Status != completed || a.position != "approval:3" {
		t.Fatalf("%s at %s, %v", o.Status, a.position, err)
	}
	for _, status := range []string{"received", "processing", "completed"} {
		if strings.Count(out.String(), status) != 1 {
			t.Errorf("%s is not told once:\n%s", status, out.String())
		}
	}
}

func TestUntilSaysWhatEndedOtherwise(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"failed", "rejected", "awaiting_approval", "completed_with_errors", "cancelled"} {
		p, a := scripted(t, new(strings.Builder), time.Minute, "received", status)
		_, err := p.until(t.Context(), a, completed)
		want := "ORD-1 (Contoso Corp) should become completed, but it is " + strings.ReplaceAll(status, "_", " ") + ": It is so."
		if got := client.Explain(err); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", status, got)
		}
	}
}

func TestUntilReadsPastWhatItKnows(t *testing.T) {
	t.Parallel()
	p, a := scripted(t, new(strings.Builder), time.Minute, "failed", "processing", "completed")
	a.position = "approval:2" // as a retry answered: the failure before it is old
	if _, err := p.until(t.Context(), a, completed); err != nil {
		t.Error(client.Explain(err))
	}
}

func TestUntilDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	p, a := scripted(t, new(strings.Builder), 300*time.Millisecond, "received", "processing")
	_, err := p.until(t.Context(), a, completed)
	if got := client.Explain(err); !strings.Contains(got, "did not become completed within 300ms; it is processing: It is so.") {
		t.Errorf("%q", got)
	}
}

func TestPlayNeedsItsVendor(t *testing.T) {
	t.Parallel()
	err := Play(t.Context(), up.Addresses{Portal: "http://127.0.0.1:1"}, 0, new(strings.Builder))
	if got := client.Explain(err); !strings.Contains(got, "--partnersim") {
		t.Errorf("%q", got)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, least string
		reached   bool
	}{
		{"approval:3", "approval:3", true}, {"approval:2", "approval:3", false}, {"fulfillment:1", "approval:3", true},
		{"approval:10", "approval:9", true}, {"", "approval:3", true}, {"approval:1", "", true},
	} {
		if reached(c.at, c.least) != c.reached {
			t.Errorf("%q at least %q: %v", c.at, c.least, !c.reached)
		}
	}
}
