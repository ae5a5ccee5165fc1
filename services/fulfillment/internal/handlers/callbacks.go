package handlers

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// CallbackNotice is a verified callback of the vendor's; its body is a Callback.
const CallbackNotice = "callback"

// Callback is what the receiver has heard.
type Callback struct {
	domain.Callback
	// Subscription is what it is about; empty if nothing that orders wait for.
	Subscription string
}

// Refs names what the callback's decision touches: itself, and the orders that may wait for it.
func (c Callback) Refs(orders []string) []engine.Ref {
	sum := sha256.Sum256([]byte(c.Name + "\x00" + c.URI + "\x00" + c.Changed))
	refs := []engine.Ref{{Kind: store.CallbackKind, ID: hex.EncodeToString(sum[:16])}}
	for _, id := range orders {
		refs = append(refs, orderRef(id))
	}
	return refs
}

// heard keeps a callback, so that a repeat is known, and has the orders that wait for it look now. Both commit together.
func (s *Service) heard(t *engine.Turn) error {
	c := t.Body.(Callback)
	ref := t.Refs[0]
	if _, repeated := engine.Get[domain.Callback](t, ref); repeated {
		t.After(func() { s.Metrics.Heard("repeated") })
		return nil
	}
	c.ReceivedAt = t.Now
	engine.Put(t, ref, c.Callback)
	hinted := false
	for _, order := range t.Refs[1:] {
		o, ok := engine.Get[*domain.Order](t, order)
		if !ok || c.Subscription == "" {
			continue
		}
		d := domain.Hint(o, c.Subscription, t.Now)
		d.Due = t.DueAt(order) // a hint moves no time of the order's own
		s.apply(t, order, d)
		hinted = hinted || d.Order != nil
	}
	if hinted {
		t.After(func() { s.Metrics.Heard("hint") })
	} else {
		t.After(func() { s.Metrics.Heard("no_order") })
	}
	return nil
}
