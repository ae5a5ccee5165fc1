package vendorapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

func (s *Server) getSubscription(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	found, refusal := s.World.Subscription(c.now, c.customer, id)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendSubscription(c.out, &found)
	return http.StatusOK, nil
}

func (s *Server) listSubscriptions(c *call) (int, *world.Refusal) {
	list, refusal := s.World.Subscriptions(c.now, c.customer, c.request.URL.Query().Get("order_id"))
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCollection(c.out, len(list),
		func(b []byte) []byte { return appendPath(b, c.customer, "subscriptions") },
		func(b []byte, n int) []byte { return appendSubscription(b, &list[n]) })
	return http.StatusOK, nil
}

// updateBody is what counts of the full resource that a client sends back; the rest cannot be changed and is ignored.
type updateBody struct {
	ID               string  `json:"id"`
	Quantity         *int64  `json:"quantity"`
	Status           *string `json:"status"`
	FriendlyName     *string `json:"friendlyName"`
	AutoRenewEnabled bool    `json:"autoRenewEnabled"`
	BillingCycle     string  `json:"billingCycle"`

	Next *struct {
		Product struct {
			ProductID    string `json:"productId"`
			SKUID        string `json:"skuId"`
			Availability string `json:"availabilityId"`
			BillingCycle string `json:"billingCycle"`
			TermDuration string `json:"termDuration"`
			PromotionID  string `json:"promotionId"`
		} `json:"product"`
		Quantity int64 `json:"quantity"`
	} `json:"scheduledNextTermInstructions"`
}

// next is what is to become of the subscription when it renews; nil: nothing is said, and what was is dropped.
func (b *updateBody) next() *world.NextTerm {
	if b.Next == nil {
		return nil
	}
	p := &b.Next.Product
	return &world.NextTerm{
		ProductID: p.ProductID, SKUID: p.SKUID, Availability: p.Availability, BillingCycle: word(p.BillingCycle),
		TermDuration: p.TermDuration, PromotionID: p.PromotionID, Quantity: b.Next.Quantity,
	}
}

func (s *Server) updateSubscription(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	var body updateBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	change := world.Change{
		ID: body.ID, Quantity: body.Quantity, FriendlyName: body.FriendlyName, AutoRenew: body.AutoRenewEnabled,
		IfMatch: strings.Trim(c.request.Header.Get("If-Match"), `"`), By: c.by(),
		BillingCycle: word(body.BillingCycle), Next: body.next(),
	}
	if change.IfMatch == "*" {
		change.IfMatch = ""
	}
	if body.Status != nil {
		status := word(*body.Status)
		change.Status = &status
	}
	updated, refusal := s.World.Update(c.now, c.customer, id, change)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendSubscription(c.out, &updated)
	if updated.Accepted {
		c.location = string(append(appendPath(nil, c.customer, "subscriptions/"), id.String()...))
		return http.StatusAccepted, nil
	}
	return http.StatusOK, nil
}

// subscriptionID reads the subscription of the path. What is no GUID is no subscription's id.
func (c *call) subscriptionID() (world.ID, *world.Refusal) {
	id, ok := world.ParseID(c.id)
	if !ok {
		return id, world.ErrSubscriptionNotFound
	}
	return id, nil
}

func appendSubscription(b []byte, v *world.Subscription) []byte {
	b = v.ID.Append(append(b, `{"id":"`...))
	b = append(append(b, `","offerId":"`...), v.Item.ID...)
	b = appendText(append(b, `","offerName":`...), v.Item.Title)
	b = appendText(append(b, `,"friendlyName":`...), v.FriendlyName)
	b = appendProductType(b, v.Item.Kind)
	b = strconv.AppendInt(append(b, `,"quantity":`...), v.Quantity, 10)
	b = strconv.AppendBool(append(b, `,"unitType":"Licenses","hasPurchasableAddons":`...), v.Item.Extensible)
	if v.Parent != (world.ID{}) {
		b = append(v.Parent.Append(append(b, `,"parentSubscriptionId":"`...)), '"')
	}
	b = appendTime(append(b, `,"creationDate":`...), v.StartsAt)
	b = appendTime(append(b, `,"effectiveStartDate":`...), v.StartsAt)
	b = appendDay(append(b, `,"commitmentEndDate":`...), v.EndsAt)
	b = appendSecond(append(b, `,"commitmentEndDateTime":`...), v.EndsAt)
	if !v.CancelUntil.IsZero() {
		b = appendTime(append(b, `,"cancellationAllowedUntilDate":`...), v.CancelUntil)
	}
	b = append(append(b, `,"status":"`...), v.Status...)
	b = strconv.AppendBool(append(b, `","autoRenewEnabled":`...), v.AutoRenew)
	b = append(append(b, `,"isTrial":false,"billingType":"license","billingCycle":"`...), v.Term.BillingCycle...)
	b = append(append(append(b, `","termDuration":"`...), v.Term.Duration...), `","renewalTermDuration":""`...)
	if v.Item.Kind == world.NewCommerce {
		b = append(appendSecond(append(b, `,"refundOptions":[{"type":"Full","expiresAt":`...), v.FullRefundEnds), `}]`...)
	}
	b = strconv.AppendBool(append(b, `,"isMicrosoftProduct":`...), v.Item.Kind != world.Marketplace)
	b = append(b, `,"partnerId":"","attentionNeeded":false,"actionTaken":false,"contractType":"subscription","links":{`...)
	b = appendItemLinks(b, v.Item, v.Customer.Country)
	if v.Parent != (world.ID{}) {
		b = appendPath(append(b, `,"parentSubscription":{"uri":"`...), v.Customer.ID, "subscriptions/")
		b = append(v.Parent.Append(b), linkGet...)
	}
	b = appendPath(append(b, `,"self":{"uri":"`...), v.Customer.ID, "subscriptions/")
	b = appendText(append(v.ID.Append(b), linkGet+`},"publisherName":`...), v.Item.Publisher)
	b = appendNextTerm(appendRefundable(b, v), v.Next)
	if v.OrderID != "" {
		b = append(append(append(b, `,"orderId":"`...), v.OrderID...), '"')
	}
	b = append(b, `,"attributes":{`...)
	if v.ETag != "" {
		b = append(appendText(append(b, `"etag":`...), v.ETag), ',')
	}
	return append(b, `"objectType":"Subscription"}}`...)
}

// appendProductType writes what a subscription is of; legacy ones do not say.
func appendProductType(b []byte, kind world.Kind) []byte {
	name, sub := kind.Type()
	switch kind {
	case world.NewCommerce:
		return append(b, `,"productType":{"id":"OnlineServicesNCE","displayName":"OnlineServicesNCE"}`...)
	case world.Legacy:
		return b
	}
	b = appendText(append(b, `,"productType":{"id":`...), name)
	b = appendText(append(b, `,"displayName":`...), name)
	if sub != "" {
		b = appendText(append(b, `,"subType":{"id":`...), sub)
		b = append(appendText(append(b, `,"displayName":`...), sub), '}')
	}
	return append(b, '}')
}

// appendRefundable writes how many seats may still be given back; only new commerce says so.
func appendRefundable(b []byte, v *world.Subscription) []byte {
	if v.Item.Kind != world.NewCommerce {
		return b
	}
	b = strconv.AppendInt(append(b, `,"refundableQuantity":{"totalQuantity":`...), v.Refundable, 10)
	b = append(b, `,"details":[`...)
	for n, r := range v.Refunds {
		if n > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"quantity":`...), r.Quantity, 10)
		b = append(appendTime(append(b, `,"allowedUntilDateTime":`...), r.Until), '}')
	}
	return append(b, `]}`...)
}

func appendNextTerm(b []byte, n *world.NextTerm) []byte {
	if n == nil {
		return b
	}
	b = append(b, `,"scheduledNextTermInstructions":{"product":{"productId":`...)
	b = appendText(b, n.ProductID)
	for _, part := range []struct{ name, text string }{
		{"skuId", n.SKUID}, {"availabilityId", n.Availability}, {"billingCycle", n.BillingCycle},
		{"termDuration", n.TermDuration}, {"promotionId", n.PromotionID},
	} {
		if part.text != "" {
			b = appendText(append(append(append(b, `,"`...), part.name...), `":`...), part.text)
		}
	}
	return append(strconv.AppendInt(append(b, `},"quantity":`...), n.Quantity, 10), '}')
}
