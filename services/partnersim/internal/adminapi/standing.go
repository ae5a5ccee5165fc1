package adminapi

import (
	"net/http"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// accountBody is what decides whether a customer may buy; in a change, what is absent stays.
type accountBody struct {
	Relationship   *bool                `json:"relationship,omitempty"`
	Agreement      *bool                `json:"agreement,omitempty"`     // the partner has confirmed it
	DirectSigned   *bool                `json:"direct_signed,omitempty"` // the customer has signed it
	Account        *string              `json:"account,omitempty"`       // Allowed, UnderReview, NotAllowed, Unknown, Not Ready; empty: none
	NoCredit       *bool                `json:"no_credit,omitempty"`
	Qualifications *[]qualificationBody `json:"qualifications,omitempty"`
}

type qualificationBody struct {
	Name    string `json:"qualification"`
	Vetting string `json:"vetting_status,omitempty"`
}

func (a *api) account(r *http.Request) (int, any, *problem) {
	id, p := customer(r.PathValue("customer"))
	if p != nil {
		return 0, nil, p
	}
	c, account, refusal := a.World.Account(id)
	if refusal != nil {
		return 0, nil, refused(refusal)
	}
	list := []qualificationBody{}
	for _, q := range account.Qualifications {
		list = append(list, qualificationBody{q.Name, q.Vetting})
	}
	return http.StatusOK, accountBody{
		Relationship: &c.Relationship, Agreement: new(!account.AgreedAt.IsZero()), DirectSigned: &account.DirectSigned,
		Account: &account.Status, NoCredit: &account.NoCredit, Qualifications: &list,
	}, nil
}

// setAccount changes a customer's standing; its purchases are judged by it from now on.
func (a *api) setAccount(r *http.Request) (int, any, *problem) {
	var body accountBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	id, p := customer(r.PathValue("customer"))
	if p != nil {
		return 0, nil, p
	}
	if p := body.check(); p != nil {
		return 0, nil, p
	}
	now := a.Clock.Now()
	if !a.World.SetAccount(id, func(to *world.Account) { body.apply(to, now) }) {
		return 0, nil, notFound("There is no such customer.")
	}
	if c, _, refusal := a.World.Account(id); refusal == nil && body.Relationship != nil {
		c.Relationship = *body.Relationship
		a.World.PutCustomer(now, c)
	}
	return a.account(r)
}

func (b *accountBody) check() *problem {
	if b.Account != nil {
		switch *b.Account {
		case world.AccountAllowed, world.AccountUnderReview, world.AccountNotAllowed, world.AccountUnknown, world.AccountNotReady, world.AccountMissing:
		default:
			return bad("account", "account must be Allowed, UnderReview, NotAllowed, Unknown, Not Ready, or empty for none.")
		}
	}
	if b.Qualifications == nil {
		return nil
	}
	for _, q := range *b.Qualifications {
		switch q.Name {
		case "Education", "GovernmentCommunityCloud", "StateOwnedEntity", "Nonprofit":
		default:
			return bad("qualifications", "qualification must be Education, GovernmentCommunityCloud, StateOwnedEntity or Nonprofit.")
		}
		switch q.Vetting {
		case "", "InReview", "Approved", "Denied":
		default:
			return bad("qualifications", "vetting_status must be InReview, Approved, Denied, or absent.")
		}
	}
	return nil
}

func (b *accountBody) apply(to *world.Account, now time.Time) {
	if b.Agreement != nil {
		if to.AgreedAt = (time.Time{}); *b.Agreement {
			to.AgreedAt = now
		}
	}
	if b.DirectSigned != nil {
		to.DirectSigned = *b.DirectSigned
	}
	if b.Account != nil {
		to.Status, to.StatusAt = *b.Account, now
	}
	if b.NoCredit != nil {
		to.NoCredit = *b.NoCredit
	}
	if b.Qualifications == nil {
		return
	}
	to.Qualifications = nil
	for _, q := range *b.Qualifications {
		to.Qualifications = append(to.Qualifications, world.Qualification{Name: q.Name, Vetting: q.Vetting, VettingAt: now})
	}
}

// assignSeats sets how many seats of an item the customer's users hold.
func (a *api) assignSeats(r *http.Request) (int, any, *problem) {
	var body struct {
		Item     string `json:"catalog_item_id"` // the availability does not matter
		Assigned int64  `json:"assigned"`
	}
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	id, p := customer(r.PathValue("customer"))
	switch {
	case p != nil:
		return 0, nil, p
	case body.Assigned < 0:
		return 0, nil, bad("assigned", "assigned must be 0 or more.")
	case !a.World.Assign(id, body.Item, body.Assigned):
		return 0, nil, notFound("There is no such customer, or no such item with licences.")
	}
	return http.StatusOK, body, nil
}

// restock moves an item to another availability, and so to another id; the old one is unknown from now on.
func (a *api) restock(r *http.Request) (int, any, *problem) {
	var body struct {
		ID           string `json:"catalog_item_id"`
		Availability string `json:"availability"` // absent: one is made up
	}
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	id, ok := a.World.Restock(body.ID, body.Availability)
	if !ok {
		return 0, nil, notFound("There is no such item in the catalogue, or the new id is taken.")
	}
	return http.StatusOK, map[string]string{"catalog_item_id": id}, nil
}

// setInventory says whether there is any left of an item.
func (a *api) setInventory(r *http.Request) (int, any, *problem) {
	var body struct {
		ID      string `json:"catalog_item_id"`
		SoldOut bool   `json:"sold_out"`
	}
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	if !a.World.SetInventory(body.ID, body.SoldOut) {
		return 0, nil, notFound("There is no such item in the catalogue.")
	}
	return http.StatusOK, body, nil
}

// webhooks tells what became of the notifications.
func (a *api) webhooks(*http.Request) (int, any, *problem) {
	return http.StatusOK, a.Hooks.Counts(), nil
}
