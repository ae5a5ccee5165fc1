package adminapi

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

const (
	pageDefault = 1000
	pageMax     = 100_000
)

type effectBody struct {
	Number       uint64    `json:"number"`
	At           time.Time `json:"at"`
	Kind         string    `json:"kind"`
	Customer     string    `json:"customer"`
	Cart         string    `json:"cart_id,omitempty"`
	Order        string    `json:"order_id,omitempty"`
	Line         int       `json:"line"`
	Subscription string    `json:"subscription_id"`
	Target       string    `json:"to_subscription_id,omitempty"`
	Item         string    `json:"catalog_item_id"`
	Before       int64     `json:"quantity_before"`
	After        int64     `json:"quantity_after"`
	Status       string    `json:"status"`
	FriendlyName string    `json:"friendly_name"`
	RequestID    string    `json:"request_id,omitempty"`
	Correlation  string    `json:"correlation_id,omitempty"`
}

func showEffect(e *world.Effect) effectBody {
	return effectBody{
		Number: e.Number, At: e.At.UTC(), Kind: string(e.Kind), Customer: e.Customer.String(), Cart: optional(e.Cart),
		Order: e.Order, Line: e.Line, Subscription: e.Subscription.String(), Target: optional(e.Target), Item: e.Item, Before: e.Before, After: e.After,
		Status: e.Status, FriendlyName: e.FriendlyName, RequestID: e.RequestID, Correlation: e.Correlation,
	}
}

// filter reads the query of a ledger call into a test of one effect.
func filter(q url.Values) (func(*world.Effect) bool, *problem) {
	tests := []func(*world.Effect) bool{}
	for _, f := range []struct {
		name string
		of   func(*world.Effect) world.ID
	}{
		{"customer", func(e *world.Effect) world.ID { return e.Customer }},
		{"cart_id", func(e *world.Effect) world.ID { return e.Cart }},
		{"subscription_id", func(e *world.Effect) world.ID { return e.Subscription }},
	} {
		if q.Get(f.name) == "" {
			continue
		}
		want, p := customer(q.Get(f.name))
		if p != nil {
			return nil, bad(f.name, f.name+" must be a GUID.")
		}
		tests = append(tests, func(e *world.Effect) bool { return f.of(e) == want })
	}
	for _, f := range []struct {
		name string
		of   func(*world.Effect) string
	}{
		{"kind", func(e *world.Effect) string { return string(e.Kind) }},
		{"order_id", func(e *world.Effect) string { return e.Order }},
		{"friendly_name", func(e *world.Effect) string { return e.FriendlyName }},
		{"request_id", func(e *world.Effect) string { return e.RequestID }},
	} {
		if want := q.Get(f.name); want != "" {
			tests = append(tests, func(e *world.Effect) bool { return strings.EqualFold(f.of(e), want) })
		}
	}
	return func(e *world.Effect) bool {
		return !slices.ContainsFunc(tests, func(test func(*world.Effect) bool) bool { return !test(e) })
	}, nil
}

// page reads which page of a list is wanted.
func page(q url.Values) (after uint64, limit int, p *problem) {
	after, err := strconv.ParseUint(cmp.Or(q.Get("after"), "0"), 10, 64)
	if err != nil {
		return 0, 0, bad("after", "after must be the number of a row.")
	}
	limit, err = strconv.Atoi(cmp.Or(q.Get("limit"), strconv.Itoa(pageDefault)))
	if err != nil || limit < 1 || limit > pageMax {
		return 0, 0, bad("limit", "limit must be 1 to 100000.")
	}
	return after, limit, nil
}

// ledger lists effects, oldest first, a page at a time.
func (a *api) ledger(r *http.Request) (int, any, *problem) {
	q := r.URL.Query()
	pass, p := filter(q)
	if p != nil {
		return 0, nil, p
	}
	after, limit, p := page(q)
	if p != nil {
		return 0, nil, p
	}
	found := a.World.Effects(after, limit, pass)
	list := make([]effectBody, len(found))
	next := after
	for n := range found {
		list[n] = showEffect(&found[n])
		next = found[n].Number
	}
	t := a.World.Tally()
	return http.StatusOK, map[string]any{
		"effects": list, "next_after": next, "more": len(found) == limit, "total": t.Effects, "forgotten": t.Forgotten,
	}, nil
}

// ledgerSummary is the ledger in numbers; they cover everything, also what is forgotten.
func (a *api) ledgerSummary(*http.Request) (int, any, *problem) {
	t := a.World.Tally()
	return http.StatusOK, map[string]any{
		"effects": t.Effects, "by_kind": t.ByKind, "kept": t.Kept, "forgotten": t.Forgotten,
		"carts": t.Carts, "carts_bought": t.CartsBought, "carts_bought_twice": t.BoughtTwice,
	}, nil
}

// ledgerDoubles lists purchases of one customer, item and friendly name that happened more than once. Whoever puts
// a token of its own into each friendly name reads here what it bought twice, by whatever carts.
func (a *api) ledgerDoubles(*http.Request) (int, any, *problem) {
	type key struct {
		customer world.ID
		item     string
		name     string
	}
	byName := map[key][]world.Effect{}
	for _, e := range a.World.Effects(0, 0, func(e *world.Effect) bool { return e.Kind == world.EffectPurchase }) {
		k := key{e.Customer, e.Item, e.FriendlyName}
		byName[k] = append(byName[k], e)
	}
	doubles := []map[string]any{}
	for k, effects := range byName {
		if len(effects) < 2 {
			continue
		}
		list := make([]effectBody, len(effects))
		for n := range effects {
			list[n] = showEffect(&effects[n])
		}
		doubles = append(doubles, map[string]any{"friendly_name": k.name, "customer": k.customer.String(), "effects": list})
	}
	slices.SortFunc(doubles, func(x, y map[string]any) int {
		return cmp.Compare(x["effects"].([]effectBody)[0].Number, y["effects"].([]effectBody)[0].Number)
	})
	return http.StatusOK, map[string]any{"doubles": doubles, "forgotten": a.World.Tally().Forgotten}, nil
}

// ledgerCart says how often a cart was bought. It knows every cart since the start or the last reset.
func (a *api) ledgerCart(r *http.Request) (int, any, *problem) {
	id, ok := world.ParseID(r.PathValue("cart"))
	if !ok {
		return 0, nil, bad("cart", "The cart's id must be a GUID.")
	}
	count, ok := a.World.CartCount(id)
	if !ok {
		return 0, nil, notFound("No such cart was ever made.")
	}
	return http.StatusOK, map[string]any{"cart_id": id.String(), "purchases": count}, nil
}

// requests tells what came in: by minute for an hour, the busiest 60 seconds, and all answers by operation and status.
func (a *api) requests(*http.Request) (int, any, *problem) {
	now := a.Clock.Now()
	perResource := func(counts [traffic.Resources]uint64) map[string]uint64 {
		m := map[string]uint64{}
		for r, count := range counts {
			m[traffic.Resource(r).String()] = count
		}
		return m
	}
	minutes := []map[string]any{}
	for _, m := range a.Tally.Minutes(now) {
		minutes = append(minutes, map[string]any{
			"start": m.Start, "requests": perResource(m.Arrived), "throttled": perResource(m.Throttled),
		})
	}
	answers := map[string]map[string]uint64{}
	for op := range traffic.Operations {
		answers[op.String()] = map[string]uint64{}
	}
	for _, t := range a.Tally.Totals() {
		word := "no_answer"
		if t.Status > 0 {
			word = strconv.Itoa(t.Status)
		}
		answers[t.Operation.String()][word] = t.Count
	}
	return http.StatusOK, map[string]any{
		"minutes": minutes, "busiest_60s": perResource(a.Tally.Busiest(now)), "answers": answers,
	}, nil
}
