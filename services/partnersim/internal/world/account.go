package world

import (
	"slices"
	"time"
)

// The states of a customer's account. All but the first and the last keep it from buying.
const (
	AccountAllowed     = "Allowed"
	AccountUnderReview = "UnderReview"
	AccountNotAllowed  = "NotAllowed"
	AccountUnknown     = "Unknown"
	AccountNotReady    = "Not Ready"
	AccountMissing     = "" // the vendor has no status for it
)

// Account is what decides whether a customer may buy, beside the relation to the partner.
type Account struct {
	AgreedAt       time.Time // when the partner confirmed the Microsoft Customer Agreement; zero: never
	DirectSigned   bool      // the customer signed it at Microsoft
	Status         string
	StatusAt       time.Time
	NoCredit       bool // the credit line is used up
	Qualifications []Qualification
}

// Qualification is what makes a customer eligible for special offers.
type Qualification struct {
	Name      string // Education, GovernmentCommunityCloud, StateOwnedEntity, Nonprofit
	Vetting   string // InReview, Approved, Denied; empty: not vetted
	VettingAt time.Time
}

func newAccount(now time.Time) Account {
	return Account{AgreedAt: now.Add(-seededAge), Status: AccountAllowed, StatusAt: now.Add(-seededAge)}
}

// blocks says why a customer with this account may buy nothing; nil: it may.
func (a *Account) blocks() *Refusal {
	switch a.Status {
	case AccountUnderReview:
		return ErrUnderReview
	case AccountNotAllowed:
		return ErrNotApproved
	case AccountUnknown, AccountMissing:
		return ErrAccountReview
	}
	switch {
	case a.AgreedAt.IsZero() && !a.DirectSigned:
		return ErrAgreement
	case a.NoCredit:
		return ErrCredit
	}
	return nil
}

func (a *Account) qualified(segment string) bool {
	return segment != "education" || slices.ContainsFunc(a.Qualifications, func(q Qualification) bool {
		return q.Name == "Education" && q.Vetting == "Approved"
	})
}

// Account reads a customer, whatever its relation to the partner.
func (w *World) Account(id ID) (Customer, Account, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.customers[id]
	if c == nil {
		return Customer{}, Account{}, ErrTenantNotFound
	}
	return c.Customer, c.account, nil
}

// SetAccount changes whether a customer may buy; false when there is no such customer.
func (w *World) SetAccount(id ID, change func(*Account)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.customers[id]
	if c == nil {
		return false
	}
	change(&c.account)
	c.blocked = c.account.blocks()
	return true
}

// Licences is how many seats of one kind a customer has and uses, over all its subscriptions.
type Licences struct {
	Item      *Item
	Active    int64
	Suspended int64
	Consumed  int64 // assigned to users
}

// Assign sets how many seats of an item are in use, whatever its availability; false when there is no such item or customer.
func (w *World) Assign(id ID, itemID string, seats int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, item := w.customers[id], w.catalogue.stem(itemID)
	if c == nil || item == nil || item.Provisioning == "" {
		return false
	}
	if c.assigned == nil {
		c.assigned = map[string]int64{}
	}
	c.assigned[item.Provisioning] = seats
	return true
}

// Licences lists what a customer has, in the order in which it came to have it.
func (w *World) Licences(now time.Time, id ID) ([]Licences, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(id)
	if refusal != nil {
		return nil, refusal
	}
	var list []Licences
	for s := range w.all(now, c) {
		if s.item.Provisioning == "" || s.status == StatusDeleted {
			continue
		}
		at := slices.IndexFunc(list, func(l Licences) bool { return l.Item.Provisioning == s.item.Provisioning })
		if at < 0 {
			at = len(list)
			list = append(list, Licences{Item: s.item, Consumed: c.assigned[s.item.Provisioning]})
		}
		if s.status == StatusActive {
			list[at].Active += s.quantity
		} else {
			list[at].Suspended += s.quantity
		}
	}
	return list, nil
}

// all walks over the subscriptions of a customer that are there and can be seen, oldest first.
func (w *World) all(now time.Time, c *customer) func(yield func(*subscription) bool) {
	return func(yield func(*subscription) bool) {
		for _, s := range c.standing {
			if !now.Before(s.start) && !yield(s) {
				return
			}
		}
		for p := range w.purchases(c) {
			for n := range p.subs {
				if p.there(now, n) && p.lines[n].Item.Kind.Subscribes() && !yield(p.subs[n].now(now)) {
					return
				}
			}
		}
	}
}

// now is the subscription as it shows: a change that is under way does not yet.
func (s *subscription) now(now time.Time) *subscription {
	if s.underway(now) {
		return s.changing.shown
	}
	return s
}
