package telemetry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Health gathers whether a service's parts are well. The zero value is usable and ready. It is safe for concurrent use.
type Health struct {
	mu  sync.Mutex
	ill map[string]error
}

// Set notes that the named part is well (nil) or why it is not. A part that must be up before the service is ready is set
// to an error before it starts.
func (h *Health) Set(name string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		delete(h.ill, name)
		return
	}
	if h.ill == nil {
		h.ill = map[string]error{}
	}
	h.ill[name] = err
}

// Ready is nil when every part is well, else a fault of kind Unavailable with a violation for each part that is not,
// sorted by name.
func (h *Health) Ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ill) == 0 {
		return nil
	}
	e := fault.New(fault.Unavailable, "not_ready", "The service is not ready.").In("telemetry.health")
	for _, name := range slices.Sorted(maps.Keys(h.ill)) {
		e = e.With(fault.Violation{Field: name, Code: "not_ready", Message: oneLine(h.ill[name])})
	}
	return e
}

func oneLine(err error) string { return strings.Join(strings.Fields(fmt.Sprint(err)), " ") }
