package partnercenter

import "context"

// Entitlement is an Azure subscription inside an Azure plan.
type Entitlement struct {
	ID             string
	FriendlyName   string
	Status         string // active, suspended, deleted
	SubscriptionID string // the plan's
}

// Conversion is a paid offer that a legacy trial can become.
type Conversion struct {
	OfferID       string
	TargetOfferID string
	OrderID       string
	Quantity      int64
	BillingCycle  string
}

// Upgrade is an offer that a legacy subscription can be upgraded to, or why it cannot.
type Upgrade struct {
	OfferID   string
	OfferName string
	Minimum   int64 // seats
	Maximum   int64
	Type      string // upgrade_only, upgrade_with_license_transfer
	Eligible  bool
	Quantity  int64
	Errors    []CodedError // see DescribeTransition
}

// UpgradeResult is what an upgrade has come to.
type UpgradeResult struct {
	SourceSubscriptionID string
	TargetSubscriptionID string
	Type                 string
	Errors               []CodedError
	LicenceErrors        []CodedError
}

// ListAddOns reads the subscriptions that are add-ons of another.
func (c *Client) ListAddOns(ctx context.Context, ex Exchange, customer, subscription string) ([]Subscription, Answer, error) {
	return listed[Subscription](ctx, c, ex, below(opListAddOns, customer, subscription, "addons"))
}

// ListEntitlements reads the Azure subscriptions inside an Azure plan.
func (c *Client) ListEntitlements(ctx context.Context, ex Exchange, customer, subscription string) ([]Entitlement, Answer, error) {
	return listed[Entitlement](ctx, c, ex, below(opListEntitlements, customer, subscription, "azureEntitlements"))
}

// ListConversions reads what a legacy trial can become. It wants a signed-in user.
func (c *Client) ListConversions(ctx context.Context, ex Exchange, customer, subscription string) ([]Conversion, Answer, error) {
	return listed[Conversion](ctx, c, ex, below(opListConversions, customer, subscription, "conversions"))
}

// ListUpgrades reads what a legacy subscription can be upgraded to; new commerce has ListEligibilities.
func (c *Client) ListUpgrades(ctx context.Context, ex Exchange, customer, subscription string) ([]Upgrade, Answer, error) {
	return listed[Upgrade](ctx, c, ex, below(opListUpgrades, customer, subscription, "upgrades"))
}

// CreateUpgrade upgrades a legacy subscription. It may not be repeated blindly: the target subscription tells.
func (c *Client) CreateUpgrade(ctx context.Context, ex Exchange, customer, subscription string, offer, kind string, quantity int64) (UpgradeResult, Answer, error) {
	var out UpgradeResult
	q := below(opCreateUpgrade, customer, subscription, "upgrades")
	q.send = map[string]any{"targetOffer": map[string]string{"id": offer}, "upgradeType": kind, "quantity": quantity}
	answer, err := c.call(ctx, ex, q, &out)
	return out, answer, err
}

// below asks for something of a subscription.
func below(op operation, customer, subscription, what string) request {
	return request{op: op, path: []string{"customers", customer, "subscriptions", subscription, what}}
}

func (e *Entitlement) complete() bool { return e.ID != "" }

func (e *Entitlement) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			e.ID = r.text()
		case "friendlyname":
			e.FriendlyName = r.text()
		case "status":
			e.Status = r.enum()
		case "subscriptionid":
			e.SubscriptionID = r.text()
		}
	}
}

func (c *Conversion) complete() bool { return c.TargetOfferID != "" }

func (c *Conversion) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "offerid":
			c.OfferID = r.text()
		case "targetofferid":
			c.TargetOfferID = r.text()
		case "orderid":
			c.OrderID = r.text()
		case "quantity":
			c.Quantity = r.integer()
		case "billingcycle":
			c.BillingCycle = r.enum()
		}
	}
}

func (u *Upgrade) complete() bool { return u.OfferID != "" }

func (u *Upgrade) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "targetoffer":
			u.readOffer(r)
		case "upgradetype":
			u.Type = r.enum()
		case "iseligible":
			u.Eligible = r.flag()
		case "quantity":
			u.Quantity = r.integer()
		case "upgradeerrors":
			u.Errors = readErrors(r)
		}
	}
}

func (u *Upgrade) readOffer(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			u.OfferID = r.text()
		case "name":
			u.OfferName = r.text()
		case "minimumquantity":
			u.Minimum = r.integer()
		case "maximumquantity":
			u.Maximum = r.integer()
		}
	}
}

func (u *UpgradeResult) complete() bool {
	return u.TargetSubscriptionID != "" || u.SourceSubscriptionID != ""
}

func (u *UpgradeResult) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "sourcesubscriptionid":
			u.SourceSubscriptionID = r.text()
		case "targetsubscriptionid":
			u.TargetSubscriptionID = r.text()
		case "upgradetype":
			u.Type = r.enum()
		case "upgradeerrors":
			u.Errors = readErrors(r)
		case "licenseerrors":
			u.LicenceErrors = readErrors(r)
		}
	}
}
