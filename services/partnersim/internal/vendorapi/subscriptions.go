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
	b = append(b, `,"productType":{"id":"OnlineServicesNCE","displayName":"OnlineServicesNCE"},"quantity":`...)
	b = strconv.AppendInt(b, v.Quantity, 10)
	b = appendTime(append(b, `,"unitType":"Licenses","hasPurchasableAddons":false,"creationDate":`...), v.StartsAt)
	b = appendTime(append(b, `,"effectiveStartDate":`...), v.StartsAt)
	b = appendDay(append(b, `,"commitmentEndDate":`...), v.EndsAt)
	b = appendSecond(append(b, `,"commitmentEndDateTime":`...), v.EndsAt)
	b = appendTime(append(b, `,"cancellationAllowedUntilDate":`...), v.CancelUntil)
	b = append(append(b, `,"status":"`...), v.Status...)
	b = strconv.AppendBool(append(b, `","autoRenewEnabled":`...), v.AutoRenew)
	b = append(b, `,"isTrial":false,"billingType":"license","billingCycle":"`...)
	b = append(b, v.Term.BillingCycle...)
	b = append(append(b, `","termDuration":"`...), v.Term.Duration...)
	b = append(b, `","renewalTermDuration":"","refundOptions":[{"type":"Full","expiresAt":`...)
	b = appendSecond(b, v.FullRefundEnds)
	b = append(b, `}],"isMicrosoftProduct":true,"partnerId":"","attentionNeeded":false,"actionTaken":false,"contractType":"subscription","links":{`...)
	b = appendItemLinks(b, v.Item, v.Customer.Country)
	b = appendPath(append(b, `,"self":{"uri":"`...), v.Customer.ID, "subscriptions/")
	b = append(v.ID.Append(b), linkGet+`},"publisherName":"Microsoft Corporation","refundableQuantity":{"totalQuantity":`...)
	b = strconv.AppendInt(b, v.Refundable, 10)
	b = append(b, `,"details":[`...)
	for n, r := range v.Refunds {
		if n > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"quantity":`...), r.Quantity, 10)
		b = append(appendTime(append(b, `,"allowedUntilDateTime":`...), r.Until), '}')
	}
	b = append(b, `]}`...)
	if v.OrderID != "" {
		b = append(append(append(b, `,"orderId":"`...), v.OrderID...), '"')
	}
	b = append(b, `,"attributes":{`...)
	if v.ETag != "" {
		b = append(appendText(append(b, `"etag":`...), v.ETag), ',')
	}
	return append(b, `"objectType":"Subscription"}}`...)
}
