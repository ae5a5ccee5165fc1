package partnercenter

import (
	"context"
	"net/url"
)

// Address is a postal address.
type Address struct {
	Line1, Line2, City, State, PostalCode, Country string
}

// AddressCheck is what the vendor thinks of an address.
type AddressCheck struct {
	Status    string // verified_shippable, verified, interaction_required, street_partial …
	Original  Address
	Suggested []Address
}

// GetResellerAgreement tells whether an indirect reseller, named by MPN id or else by tenant, has accepted the Microsoft Partner
// Agreement. It wants a signed-in user.
func (c *Client) GetResellerAgreement(ctx context.Context, ex Exchange, mpnID, tenant string) (signed bool, answer Answer, err error) {
	var out signedBody
	values := url.Values{"mpnId": {mpnID}}
	if mpnID == "" {
		values = url.Values{"tenantId": {tenant}}
	}
	q := collected(values, "compliance", "csp", "agreementstatus")
	q.op = opGetResellerAgreement
	answer, err = c.call(ctx, ex, q, &out)
	return out.signed, answer, err
}

// CheckAddress asks whether an address exists.
func (c *Client) CheckAddress(ctx context.Context, ex Exchange, a Address) (AddressCheck, Answer, error) {
	var out AddressCheck
	q := request{op: opCheckAddress, path: []string{"validations", "address"}, send: struct {
		Line1      string `json:"addressLine1"`
		Line2      string `json:"addressLine2,omitempty"`
		City       string `json:"city"`
		State      string `json:"state,omitempty"`
		PostalCode string `json:"postalCode"`
		Country    string `json:"country"`
	}(a)}
	answer, err := c.call(ctx, ex, q, &out)
	return out, answer, err
}

func (a *AddressCheck) complete() bool { return a.Status != "" }

func (a *AddressCheck) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "status":
			a.Status = r.enum()
		case "originaladdress":
			a.Original.read(r)
		case "suggestedaddresses":
			for range r.array {
				var s Address
				s.read(r)
				a.Suggested = append(a.Suggested, s)
			}
		}
	}
}

func (a *Address) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "addressline1":
			a.Line1 = r.text()
		case "addressline2":
			a.Line2 = r.text()
		case "city":
			a.City = r.text()
		case "state":
			a.State = r.text()
		case "postalcode":
			a.PostalCode = r.text()
		case "country":
			a.Country = r.text()
		}
	}
}
