// Package check judges what clients did, by the ledger of effects and the log of requests: was anything bought or changed
// twice, and was the request limit kept.
//
// Model: pure functions over rows. A token is what a client writes into the friendly name of a line to know it again: the
// whole name, or the part of it that a pattern's first group matches. Bought twice means: two purchases of one customer
// under one token, by whatever carts. Done twice means: two calls with one MS-RequestId on the same operation and target
// that both took effect (checkouts apart: they are judged by what they bought).
//
// Guarantees: a busiest minute is exact over any 60 seconds of the simulated time, not by minutes of the clock.
//
// Failures: none. What is not among the rows is not judged, so whoever wants a proof looks whether rows were forgotten.
package check

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// Purchases says what was bought under which token.
type Purchases struct {
	OK      bool     `json:"ok"`
	Bought  int      `json:"bought"` // lines
	Tokens  int      `json:"tokens"`
	NoToken int      `json:"without_token"` // lines without a name of their own: not judged
	Doubles []Double `json:"doubles"`
}

// Double is a token under which more than one line was bought.
type Double struct {
	Customer string   `json:"customer"`
	Token    string   `json:"token"`
	Effects  []uint64 `json:"effects"`
}

// BoughtOnce judges purchases. Titles are the names of items by their id, which stand in for a missing name; pattern may be nil.
func BoughtOnce(effects []world.Effect, titles map[string]string, pattern *regexp.Regexp) Purchases {
	type key struct {
		customer world.ID
		token    string
	}
	out, by := Purchases{Doubles: []Double{}}, map[key][]uint64{}
	for n := range effects {
		e := &effects[n]
		if e.Kind != world.EffectPurchase {
			continue
		}
		out.Bought++
		token := tokenOf(e.FriendlyName, pattern)
		if token == "" || pattern == nil && token == titles[e.Item] {
			out.NoToken++
			continue
		}
		k := key{e.Customer, token}
		by[k] = append(by[k], e.Number)
	}
	for k, numbers := range by {
		if len(numbers) > 1 {
			out.Doubles = append(out.Doubles, Double{k.customer.String(), k.token, numbers})
		}
	}
	slices.SortFunc(out.Doubles, func(a, b Double) int { return cmp.Compare(a.Effects[0], b.Effects[0]) })
	out.Tokens, out.OK = len(by), len(out.Doubles) == 0
	return out
}

func tokenOf(name string, pattern *regexp.Regexp) string {
	if pattern == nil {
		return name
	}
	found := pattern.FindStringSubmatch(name)
	switch {
	case found == nil:
		return ""
	case len(found) > 1:
		return found[1]
	}
	return found[0]
}

// Changes says what was changed, and whether one request did it twice.
type Changes struct {
	OK      bool     `json:"ok"`
	Effects int      `json:"effects"`
	Targets []Target `json:"repeated_targets"` // reached more than once: to be looked at, not wrong by itself
	Twice   []Twice  `json:"done_twice"`
}

// Target is a state that a subscription was brought to.
type Target struct {
	Subscription string   `json:"subscription_id"`
	Target       string   `json:"target"` // such as "quantity 25", "status suspended"
	Effects      []uint64 `json:"effects"`
}

// Twice is a request id whose calls took effect more than once.
type Twice struct {
	RequestID string   `json:"request_id"`
	Operation string   `json:"operation"`
	Target    string   `json:"target"`
	Requests  []uint64 `json:"requests"`
}

// ChangedOnce judges changes of subscriptions, and all requests that took effect.
func ChangedOnce(effects []world.Effect, requests []traffic.Request) Changes {
	out := Changes{Targets: []Target{}}
	type target struct {
		subscription world.ID
		what         string
	}
	reached := map[target][]uint64{}
	for n := range effects {
		e := &effects[n]
		if e.Kind == world.EffectPurchase || e.Kind == world.EffectGiven {
			continue
		}
		out.Effects++
		k := target{e.Subscription, targetOf(e)}
		reached[k] = append(reached[k], e.Number)
	}
	for k, numbers := range reached {
		if len(numbers) > 1 {
			out.Targets = append(out.Targets, Target{k.subscription.String(), k.what, numbers})
		}
	}
	slices.SortFunc(out.Targets, func(a, b Target) int { return cmp.Compare(a.Effects[0], b.Effects[0]) })
	out.Twice = twice(requests)
	out.OK = len(out.Twice) == 0
	return out
}

// twice leaves checkouts out: one may go on where an earlier one met errors, and purchases are judged by their tokens.
func twice(requests []traffic.Request) []Twice {
	type same struct{ id, operation, target string }
	calls := map[same][]uint64{}
	for n := range requests {
		if r := &requests[n]; r.FirstEffect > 0 && r.Operation != traffic.CheckoutCart {
			k := same{r.RequestID, r.Operation.String(), r.Target}
			calls[k] = append(calls[k], r.Number)
		}
	}
	list := []Twice{}
	for k, numbers := range calls {
		if len(numbers) > 1 {
			list = append(list, Twice{k.id, k.operation, k.target, numbers})
		}
	}
	slices.SortFunc(list, func(a, b Twice) int { return cmp.Compare(a.Requests[0], b.Requests[0]) })
	return list
}

func targetOf(e *world.Effect) string {
	switch e.Kind {
	case world.EffectQuantity:
		return "quantity " + strconv.FormatInt(e.After, 10)
	case world.EffectStatus:
		return "status " + e.Status
	case world.EffectName:
		return "name " + e.FriendlyName
	}
	return string(e.Kind)
}

// Rate says how many requests came in the busiest 60 seconds.
type Rate struct {
	OK      bool      `json:"ok"`
	Limit   int       `json:"limit"` // 0: none
	Busiest []Busiest `json:"busiest"`
}

// Busiest is the busiest minute of a partner tenant and resource.
type Busiest struct {
	Tenant   string    `json:"tenant"`
	Resource string    `json:"resource"`
	Most     int       `json:"most"`
	From     time.Time `json:"from"`
}

// Minute judges the rate of requests, refused ones included, per tenant and limited resource.
func Minute(requests []traffic.Request, limit int) Rate {
	type lane struct {
		tenant   string
		resource traffic.Resource
	}
	arrived := map[lane][]time.Time{}
	for n := range requests {
		r := &requests[n]
		if resource := r.Operation.Resource(); resource.Limited() && r.Tenant != "" {
			k := lane{r.Tenant, resource}
			arrived[k] = append(arrived[k], r.At)
		}
	}
	out := Rate{OK: true, Limit: limit, Busiest: []Busiest{}}
	for k, at := range arrived {
		slices.SortFunc(at, time.Time.Compare)
		b := Busiest{Tenant: k.tenant, Resource: k.resource.String()}
		first := 0
		for last := range at {
			for at[last].Sub(at[first]) >= time.Minute {
				first++
			}
			if count := last - first + 1; count > b.Most {
				b.Most, b.From = count, at[first].UTC()
			}
		}
		out.OK = out.OK && (limit <= 0 || b.Most <= limit)
		out.Busiest = append(out.Busiest, b)
	}
	slices.SortFunc(out.Busiest, func(a, b Busiest) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Resource, b.Resource))
	})
	return out
}

// Throttled counts answers of 429.
type Throttled struct {
	OK      bool `json:"ok"`
	ByLimit int  `json:"by_limit"` // the client was too fast
	Planned int  `json:"planned"`  // a fault or behaviour said so
}

// TooMany judges answers of 429: those that nobody planned are the client's.
func TooMany(requests []traffic.Request) Throttled {
	out := Throttled{}
	for n := range requests {
		switch r := &requests[n]; {
		case r.Status != 429:
		case strings.Contains(r.Met, "throttled#") || strings.Contains(r.Met, "fault:"):
			out.Planned++
		default:
			out.ByLimit++
		}
	}
	out.OK = out.ByLimit == 0
	return out
}

// Report is all checks together.
type Report struct {
	OK        bool      `json:"ok"`
	Because   []string  `json:"because"`   // why it is not
	Forgotten uint64    `json:"forgotten"` // rows that are no longer kept, so not judged
	Purchases Purchases `json:"purchases"`
	Changes   Changes   `json:"changes"`
	Rate      Rate      `json:"rate"`
	Throttled Throttled `json:"throttled"`
}

// Sum makes a report of the parts.
func Sum(p Purchases, c Changes, r Rate, t Throttled, forgotten uint64) Report {
	out := Report{Because: []string{}, Forgotten: forgotten, Purchases: p, Changes: c, Rate: r, Throttled: t}
	for _, part := range []struct {
		ok  bool
		why string
	}{
		{p.OK, "A token was bought more than once."},
		{c.OK, "A request took effect more than once."},
		{r.OK, "More requests than allowed came within 60 seconds."},
		{t.OK, "A client was throttled by the limit."},
		{forgotten == 0, "Rows are no longer kept; raise the KEEP settings for a proof."},
	} {
		if !part.ok {
			out.Because = append(out.Because, part.why)
		}
	}
	out.OK = len(out.Because) == 0
	return out
}
