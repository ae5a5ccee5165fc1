package storm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
)

const checkTimeout = 3 * time.Minute

var errCheck = errors.New("storm: check timeout")

// check compares what was promised with what is there.
func (r *run) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, errCheck)
	defer cancel()
	orders := r.load.all()
	book, err := r.admin.book(ctx)
	if err != nil {
		return fmt.Errorf("read the book: %w", err)
	}
	r.count(orders)
	r.checkBook(orders, book)
	if err := r.checkVendor(ctx, orders, book); err != nil {
		return fmt.Errorf("read the vendor's ledger: %w", err)
	}
	for _, s := range contract.EngineServices {
		l, err := r.store.Loose(ctx, string(s))
		if err != nil {
			return err
		}
		if l.Letters > 0 {
			r.note.find(checkLetters, "%s has %d, such as %s", s, l.Letters, l.Sample)
		}
	}
	story, err := r.checkStream(ctx)
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	r.checkStories(orders, story)
	return r.checkMails(ctx, orders, story)
}

// count tells what was placed.
func (r *run) count(orders map[string]*placed) {
	kinds, again := map[string]int{}, 0
	for _, p := range orders {
		kinds[string(p.kind)]++
		again += p.sent - 1
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		words = append(words, fmt.Sprintf("%d %s", kinds[k], k))
	}
	r.note.fact("%d orders (%s), %d of them sent again", len(orders), strings.Join(words, ", "), again)
}

// checkBook compares what senders were told with the book.
func (r *run) checkBook(orders map[string]*placed, book []entry) {
	byID := map[string]entry{}
	for _, e := range book {
		if _, twice := byID[e.ID]; twice {
			r.note.find(checkBook, "%s is listed twice", e.Number)
		}
		byID[e.ID] = e
	}
	owner := map[string]string{}
	for _, p := range orders {
		switch {
		case p.end == "" && p.refusal == "":
			r.note.find(checkRefused, "%s was accepted as %s", p.key, p.id)
		case p.end != "" && p.refusal != "":
			r.note.find(checkRefused, "%s (%s, %s) was refused: %s", p.key, p.kind, p.door, p.refusal)
		}
		if p.id == "" {
			continue
		}
		if other, twice := owner[p.id]; twice {
			r.note.find(checkBook, "%s and %s were both told that they are %s", p.key, other, p.id)
		}
		owner[p.id] = p.key
		e, known := byID[p.id]
		if !known {
			r.note.find(checkBook, "%s (%s, %s) is missing", p.key, p.kind, p.id)
			continue
		}
		r.checkEnd(p, e)
	}
	for _, e := range book {
		if owner[e.ID] == "" {
			r.note.find(checkBook, "%s (%s) is there and nobody was told so", e.Number, e.Reference)
		}
	}
}

// checkEnd compares an order's end with what was wished.
func (r *run) checkEnd(p *placed, e entry) {
	if e.Status != p.end {
		r.note.find(checkEnds, "%s", describe(p, e))
	}
	if e.Reference != p.key || len(e.Lines) != len(p.order.GetLines()) {
		r.note.find(checkEnds, "%s is not what %s asked for", e.Number, p.key)
	}
	if e.NeedsAttention {
		r.note.find(checkLetters, "%s needs attention", e.Number)
	}
	for _, l := range e.Lines {
		switch {
		case p.end == "completed" && l.Status != "fulfilled":
			r.note.find(checkEnds, "%s is completed and its line %d is %s", e.Number, l.Number, l.Status)
		case p.kind == stranger && !strings.Contains(l.Detail, "Customer not found."):
			r.note.find(checkEnds, "%s failed and says %q", e.Number, l.Detail)
		}
	}
}

// checkVendor compares the book with what the vendor sold.
func (r *run) checkVendor(ctx context.Context, orders map[string]*placed, book []entry) error {
	effects, forgotten, err := r.vendor.ledger(ctx)
	if err != nil {
		return err
	}
	if forgotten > 0 {
		return fmt.Errorf("the ledger has forgotten %d effects", forgotten)
	}
	names, carts, err := r.vendor.doubles(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		r.note.find(checkBought, "%q was bought more than once", n)
	}
	if carts > 0 {
		r.note.find(checkBought, "%d carts were bought twice", carts)
	}
	purchases, changes := map[string]effect{}, map[string][]effect{}
	for _, e := range effects {
		switch e.Kind {
		case "purchase":
			purchases[e.Subscription] = e
		case "quantity":
			changes[e.Subscription] = append(changes[e.Subscription], e)
		}
	}
	r.note.fact("the vendor sold %d lines and changed %d quantities", len(purchases), len(effects)-len(purchases)-r.cfg.Subscriptions)
	accepted := map[string]bool{}
	for _, p := range orders {
		accepted[p.id] = p.id != ""
	}
	added, times := map[string]int64{}, map[string]int{}
	for _, e := range book {
		for _, l := range e.Lines {
			if l.Kind == "new_subscription" {
				r.checkPurchase(e, l, purchases, accepted)
			} else if l.Status == "fulfilled" && l.Requested.AddSeats != nil {
				added[l.Requested.AddSeats.SubscriptionID] += l.Quantity
				times[l.Requested.AddSeats.SubscriptionID]++
			}
		}
	}
	for _, e := range purchases {
		r.note.find(checkBought, "the vendor sold %d seats as %q, cart %s, and no order's line says so", e.After, e.FriendlyName, e.Cart)
	}
	r.checkSeats(changes, added, times)
	return nil
}

// checkPurchase takes a line's purchase out of the ledger.
func (r *run) checkPurchase(e entry, l entryLine, purchases map[string]effect, accepted map[string]bool) {
	if l.Status != "fulfilled" {
		return
	}
	bought, found := purchases[l.VendorSubscriptionID]
	switch {
	case !found:
		r.note.find(checkBought, "%s line %d is fulfilled and the vendor sold nothing as %s", e.Number, l.Number, l.VendorSubscriptionID)
	case bought.After != l.Quantity || !strings.EqualFold(bought.Customer, e.Customer.TenantID) || bought.Item != l.CatalogItem:
		r.note.find(checkBought, "%s line %d: the vendor sold %d of %s to %s", e.Number, l.Number, bought.After, bought.Item, bought.Customer)
	case !accepted[e.ID]:
		r.note.find(checkBought, "%s line %d was bought and never accepted", e.Number, l.Number)
	}
	delete(purchases, l.VendorSubscriptionID)
}

// checkSeats compares each subscription's quantity with the seats that orders added.
func (r *run) checkSeats(changes map[string][]effect, added map[string]int64, times map[string]int) {
	for _, s := range r.load.plan.subs {
		at := s.base
		for _, e := range changes[s.id] {
			if e.Before != at {
				r.note.find(checkSeats, "%s: changed from %d, it had %d", s.id, e.Before, at)
			}
			at = e.After
		}
		if at != s.base+added[s.id] {
			r.note.find(checkSeats, "%s: began with %d, orders added %d, and it has %d", s.id, s.base, added[s.id], at)
		}
		if len(changes[s.id]) != times[s.id] {
			r.note.find(checkSeats, "%s: changed %d times for %d lines", s.id, len(changes[s.id]), times[s.id])
		}
		delete(changes, s.id)
	}
	for id := range changes {
		r.note.find(checkSeats, "%s was changed and no order names it", id)
	}
}
