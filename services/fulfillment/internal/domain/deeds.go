package domain

import (
	"slices"
	"strings"
	"time"
)

// Deed is one row of the vendor's activity log: who did what, to which order or subscription. How late the log is, is not
// documented, so only what stands in it proves something.
type Deed struct {
	VendorOrder  string
	Subscription string
	// Created says that something was bought by it; else something was changed.
	Created bool
	// By is the person or program that did it, in the log's words.
	By string
	At time.Time
	// Trace is the call's own id at the vendor, as far as calls of ours can be known by it; empty if the log does not tell.
	Trace string
}

// traced says whether a call of an order left the trace: the ids of an order's calls begin like its own.
func traced(trace, order string) bool {
	const own = len("0190d2c4-0000-7000")
	return len(trace) >= own && len(order) >= own && strings.EqualFold(trace[:own], order[:own])
}

// explain adds to a discrepancy who did what is found, by the vendor's own log.
func (c *comparison) explain(d *Discrepancy) {
	deed := c.deed(d)
	if deed == nil {
		return
	}
	if i := slices.IndexFunc(c.ours, func(r Record) bool { return traced(deed.Trace, r.Order) }); i >= 0 {
		if d.Kind == WrongState {
			return // what we did is known, and is not what is found
		}
		d.Order = c.ours[i].Order
		d.Detail += " By Partner Center's activity log Seatflow itself bought it on " + day(deed.At) + ", for order " + d.Order + "."
		return
	}
	if deed.By == "" {
		return
	}
	did := "changed"
	if d.Kind == UnknownPurchase {
		did = "bought"
	}
	d.Detail += " By Partner Center's activity log " + deed.By + " " + did + " it on " + day(deed.At) + "."
	if find, rest, ok := strings.Cut(d.Hint, ". "); ok && strings.HasPrefix(find, "Find out in Partner Center's activity log") {
		d.Hint = "Ask them why. " + rest
	}
}

// deed is the last one that has made what is found; nil if the log does not tell.
func (c *comparison) deed(d *Discrepancy) (last *Deed) {
	if d.Kind == MissingPurchase {
		return nil // nobody did anything
	}
	about := func(theirs, found string) bool { return found != "" && strings.EqualFold(theirs, found) }
	for i := range c.theirs.Deeds {
		deed := &c.theirs.Deeds[i]
		if deed.Created == (d.Kind == UnknownPurchase) && (about(deed.VendorOrder, d.VendorOrder) || about(deed.Subscription, d.Subscription)) &&
			(last == nil || deed.At.After(last.At)) {
			last = deed
		}
	}
	return last
}
