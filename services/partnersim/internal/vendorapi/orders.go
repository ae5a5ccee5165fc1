package vendorapi

import (
	"net/http"
	"strconv"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

func (s *Server) getOrder(c *call) (int, *world.Refusal) {
	order, refusal := s.World.Order(c.now, c.customer, c.id)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendOrder(c.out, c.disguise(&order))
	return http.StatusOK, nil
}

func (s *Server) listOrders(c *call) (int, *world.Refusal) {
	cycle := word(c.request.URL.Query().Get("billingType"))
	if cycle == "onetime" {
		cycle = "one_time"
	}
	orders, refusal := s.World.Orders(c.now, c.customer, cycle)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCollection(c.out, len(orders),
		func(b []byte) []byte { return appendPath(b, c.customer, "orders") },
		func(b []byte, n int) []byte { return appendOrder(b, c.disguise(&orders[n])) })
	return http.StatusOK, nil
}

// getProvisioning tells line by line how far an order is.
func (s *Server) getProvisioning(c *call) (int, *world.Refusal) {
	order, refusal := s.World.Order(c.now, c.customer, c.id)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCollection(c.out, len(order.Lines), nil, func(b []byte, n int) []byte {
		line := &order.Lines[n]
		status := provisioning(&order, line)
		b = strconv.AppendInt(append(b, `{"orderLineItemId":`...), int64(n), 10)
		b = strconv.AppendInt(append(b, `,"lineItemNumber":`...), int64(n), 10)
		b = appendText(append(b, `,"status":`...), status)
		b = strconv.AppendInt(append(b, `,"quantityProvisioningInformation":[{"quantity":`...), line.Line.Quantity, 10)
		b = appendText(append(b, `,"status":`...), status)
		return append(b, `}]}`...)
	})
	return http.StatusOK, nil
}

func provisioning(order *world.Order, line *world.OrderLine) string {
	switch {
	case line.Unfulfilled:
		return "unfulfilled"
	case order.Status == world.OrderCancelled, order.Status == world.OrderFailed, order.Status == world.OrderPORejected:
		return "unfulfilled"
	case line.Cancelled:
		return "unfulfilled"
	case !line.There:
		return "prefulfillment_pending"
	}
	return "fulfilled"
}

func appendOrder(b []byte, o *world.Order) []byte {
	b = append(append(b, `{"id":"`...), o.ID...)
	b = append(append(b, `","alternateId":"`...), o.ID...)
	b = o.Customer.ID.Append(append(b, `","referenceCustomerId":"`...))
	b = append(append(b, `","billingCycle":"`...), o.BillingCycle...)
	b = appendText(append(b, `","currencyCode":`...), o.Customer.Currency)
	b = appendText(append(b, `,"currencySymbol":`...), symbol(o.Customer.Currency))
	b = append(b, `,"lineItems":[`...)
	for n := range o.Lines {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendOrderLine(b, n, &o.Lines[n], &o.Customer)
	}
	b = appendTime(append(b, `],"creationDate":`...), o.CreatedAt)
	b = append(append(b, `,"status":"`...), o.Status...)
	b = append(b, `","transactionType":"UserPurchase","links":{"self":{"uri":"`...)
	path := func(b []byte) []byte { return append(appendPath(b, o.Customer.ID, "orders/"), o.ID...) }
	b = append(path(b), linkGet+`,"provisioningStatus":{"uri":"`...)
	b = append(path(b), `/provisioningstatus`+linkGet+`,"patchOperation":{"uri":"`...)
	b = append(path(b), linkPatch+`},"totalPrice":`...)
	b = o.Total().Append(b)
	return append(b, `,"client":{},"attributes":{"objectType":"Order"}}`...)
}

func appendOrderLine(b []byte, n int, l *world.OrderLine, customer *world.Customer) []byte {
	line := l.Line
	b = strconv.AppendInt(append(b, `{"lineItemNumber":`...), int64(n), 10)
	b = append(append(append(b, `,"offerId":"`...), line.Item.ID...), '"')
	bought := l.Subscription != world.ID{}
	if bought {
		b = append(l.Subscription.Append(append(b, `,"subscriptionId":"`...)), '"')
	}
	b = append(append(b, `,"termDuration":"`...), line.Term.Duration...)
	b = append(b, `","transactionType":"New","friendlyName":`...)
	b = appendText(b, l.Friendly())
	quantity := line.Quantity
	if l.Cancelled {
		quantity = 0
	}
	b = strconv.AppendInt(append(b, `,"quantity":`...), quantity, 10)
	if line.Extras != nil && len(line.Extras.Context) > 0 {
		b = appendContext(append(b, ','), line.Extras)
	}
	b = appendResellers(b, line.Extras)
	b = appendPricing(b, line)
	b = appendItemLinks(append(b, `,"links":{`...), line.Item, customer.Country)
	if bought {
		b = appendPath(append(b, `,"subscription":{"uri":"`...), customer.ID, "subscriptions/")
		b = append(l.Subscription.Append(b), linkGet...)
	}
	return append(b, `}}`...)
}

// appendResellers writes a line's resellers as orders name them, and what else a line keeps.
func appendResellers(b []byte, x *world.Extras) []byte {
	if x == nil {
		return b
	}
	more := 0
	for _, p := range x.Participants {
		if p.Key == "transaction_reseller" {
			b = appendText(append(b, `,"partnerIdOnRecord":`...), p.Value)
		}
	}
	for _, p := range x.Participants {
		if p.Key != "additional_transaction_reseller" {
			continue
		}
		if more == 0 {
			b = append(b, `,"additionalPartnerIdsOnRecord":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(b, p.Value)
		more++
	}
	if more > 0 {
		b = append(b, ']')
	}
	rest := *x
	rest.Participants = nil
	return appendExtras(b, &rest)
}

func symbol(currency string) string {
	switch currency {
	case "USD":
		return "$"
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	}
	return currency
}
