package partnercenter

import (
	"context"
	"net/url"
	"time"
)

// Customer is a customer of the partner.
type Customer struct {
	ID               string // the customer's Entra tenant
	CommerceID       string
	Company          string
	Domain           string
	Country          string // of the company, else of the bill
	Relationship     string // none, reseller, advisor, syndication, microsoft_support
	DelegatedAccess  bool
	CustomDomains    []string
	BillingCompany   string
	BillingEmail     string
	BillingCulture   string
	BillingLanguage  string
	BillingCountry   string
	BillingETag      string
	AssociatedTo     string // the indirect reseller
	RegistrationCode string // the organisation's registration number
}

// Agreement is an agreement that the partner has confirmed for the customer.
type Agreement struct {
	Type       string // MicrosoftCustomerAgreement, MicrosoftCloudAgreement
	TemplateID string
	AgreedAt   time.Time
	UserID     string // who confirmed it
	Link       string
	Contact    Contact
}

// Contact is who accepted an agreement at the customer.
type Contact struct{ FirstName, LastName, Email, Phone string }

// CustomerAgreement is the agreement without which nothing can be bought for a customer.
const CustomerAgreement = "MicrosoftCustomerAgreement"

// Qualification is a segment that the customer has asked to buy in.
type Qualification struct {
	Name      string // education, government_community_cloud, state_owned_entity, nonprofit, none
	Vetting   string // in_review, approved, denied; "" where nothing is vetted
	Reason    string // the vendor's words
	VettingAt time.Time
}

// The statuses of a customer's account. Purchases are blocked in all but the first.
const (
	AccountAllowed     = "allowed"
	AccountUnderReview = "under_review"
	AccountNotAllowed  = "not_allowed"
	AccountUnknown     = "unknown"
	AccountNotReady    = "not_ready"
)

// ValidationStatus is how far the vendor has come with vetting a customer's account.
type ValidationStatus struct {
	Type      string // account
	Status    string // AccountAllowed … or a word that we do not know
	UpdatedAt time.Time
}

// GetCustomer reads a customer.
func (c *Client) GetCustomer(ctx context.Context, ex Exchange, customer string) (Customer, Answer, error) {
	var out Customer
	answer, err := c.call(ctx, ex, request{op: opGetCustomer, path: []string{"customers", customer}}, &out)
	return out, answer, err
}

// ListAgreements reads which agreements of a kind (such as CustomerAgreement) the partner has confirmed for a customer. It
// wants a signed-in user.
func (c *Client) ListAgreements(ctx context.Context, ex Exchange, customer, kind string) ([]Agreement, Answer, error) {
	q := collected(url.Values{"agreementType": {kind}}, "customers", customer, "agreements")
	q.op = opListAgreements
	return listed[Agreement](ctx, c, ex, q)
}

// GetDirectSignStatus tells whether the customer has accepted the Microsoft Customer Agreement at Microsoft itself. It wants a
// signed-in user.
func (c *Client) GetDirectSignStatus(ctx context.Context, ex Exchange, customer string) (signed bool, answer Answer, err error) {
	var out signedBody
	path := []string{"customers", customer, "directSignedMicrosoftCustomerAgreementStatus"}
	answer, err = c.call(ctx, ex, request{op: opGetDirectSignStatus, path: path}, &out)
	return out.signed, answer, err
}

// ListQualifications reads a customer's qualifications.
func (c *Client) ListQualifications(ctx context.Context, ex Exchange, customer string) ([]Qualification, Answer, error) {
	return listed[Qualification](ctx, c, ex, request{op: opListQualifications, path: []string{"customers", customer, "qualifications"}})
}

// GetValidationStatus reads whether the vendor allows purchases for a customer's account. It wants a signed-in user.
func (c *Client) GetValidationStatus(ctx context.Context, ex Exchange, customer string) (ValidationStatus, Answer, error) {
	var out ValidationStatus
	q := collected(url.Values{"type": {"account"}}, "customers", customer, "validationStatus")
	q.op = opGetValidationStatus
	answer, err := c.call(ctx, ex, q, &out)
	return out, answer, err
}

func (c *Customer) complete() bool { return c.ID != "" }

func (c *Customer) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			c.ID = r.text()
		case "commerceid":
			c.CommerceID = r.text()
		case "companyprofile":
			c.readCompany(r)
		case "billingprofile":
			c.readBilling(r)
		case "relationshiptopartner":
			c.Relationship = r.enum()
		case "allowdelegatedaccess":
			c.DelegatedAccess = r.flag()
		case "customdomains":
			c.CustomDomains = r.texts()
		case "associatedpartnerid":
			c.AssociatedTo = r.text()
		}
	}
	if c.Country == "" {
		c.Country = c.BillingCountry
	}
}

func (c *Customer) readCompany(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "companyname":
			c.Company = r.text()
		case "domain":
			c.Domain = r.text()
		case "organizationregistrationnumber":
			c.RegistrationCode = r.text()
		case "address":
			c.Country = readCountry(r)
		}
	}
}

func (c *Customer) readBilling(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "companyname":
			c.BillingCompany = r.text()
		case "email":
			c.BillingEmail = r.text()
		case "culture":
			c.BillingCulture = r.text()
		case "language":
			c.BillingLanguage = r.text()
		case "defaultaddress":
			c.BillingCountry = readCountry(r)
		case "attributes":
			c.BillingETag = readETag(r)
		}
	}
}

func readCountry(r *reader) (country string) {
	for name := range r.object {
		if string(name) == "country" {
			country = r.text()
		}
	}
	return country
}

func (a *Agreement) complete() bool { return a.Type != "" }

func (a *Agreement) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "type", "agreementtype":
			a.Type = r.text()
		case "templateid":
			a.TemplateID = r.text()
		case "dateagreed":
			a.AgreedAt = r.moment()
		case "userid":
			a.UserID = r.text()
		case "agreementlink":
			a.Link = r.text()
		case "primarycontact":
			a.Contact.read(r)
		}
	}
}

func (c *Contact) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "firstname":
			c.FirstName = r.text()
		case "lastname":
			c.LastName = r.text()
		case "email":
			c.Email = r.text()
		case "phonenumber":
			c.Phone = r.text()
		}
	}
}

// signedBody reads whether an agreement is signed.
type signedBody struct{ signed, found bool }

func (b *signedBody) complete() bool { return b.found }

func (b *signedBody) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "issigned", "isagreementsigned":
			b.signed, b.found = r.flag(), true
		}
	}
}

func (q *Qualification) complete() bool { return q.Name != "" }

func (q *Qualification) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "qualification":
			q.Name = r.enum()
		case "vettingstatus":
			q.Vetting = r.enum()
		case "vettingreason":
			q.Reason = r.text()
		case "vettingcreateddate", "vettingcreatedate":
			q.VettingAt = r.moment()
		}
	}
}

func (v *ValidationStatus) complete() bool { return v.Status != "" }

func (v *ValidationStatus) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "type":
			v.Type = r.text()
		case "status":
			v.Status = r.enum()
		case "lastupdatedatetime":
			v.UpdatedAt = r.moment()
		}
	}
}
