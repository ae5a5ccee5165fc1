package vendorapi

import (
	"net/http"
	"strconv"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// orderBody is an order that a client places or changes; what is told apart by its properties, see updateOrder.
type orderBody struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	BillingCycle string          `json:"billingCycle"`
	LineItems    []orderLineBody `json:"lineItems"`
}

type orderLineBody struct {
	Number              *int              `json:"lineItemNumber"`
	OfferID             string            `json:"offerId"`
	ParentID            string            `json:"parentSubscriptionId"`
	FriendlyName        string            `json:"friendlyName"`
	Quantity            int64             `json:"quantity"`
	TermDuration        string            `json:"termDuration"`
	PartnerID           string            `json:"partnerIdOnRecord"`
	MorePartnerIDs      []string          `json:"additionalPartnerIdsOnRecord"`
	PromotionID         string            `json:"promotionId"`
	AttestationAccepted bool              `json:"attestationAccepted"`
	Context             map[string]string `json:"provisioningContext"`
}

func (l *orderLineBody) request(cycle string) (world.LineRequest, *world.Refusal) {
	line := cartLineBody{
		CatalogItemID: l.OfferID, FriendlyName: l.FriendlyName, Quantity: l.Quantity, BillingCycle: cycle, TermDuration: l.TermDuration,
		PromotionID: l.PromotionID, AttestationAccepted: l.AttestationAccepted, Context: l.Context,
	}
	if l.PartnerID != "" {
		line.Participants = append(line.Participants, world.Participant{Key: "transaction_reseller", Value: l.PartnerID})
	}
	for _, id := range l.MorePartnerIDs {
		line.Participants = append(line.Participants, world.Participant{Key: "additional_transaction_reseller", Value: id})
	}
	return line.request()
}

// numbered says whether the lines run from 0 without gaps. Lines without numbers count as they come.
func numbered(lines []orderLineBody) bool {
	for n, l := range lines {
		if l.Number != nil && *l.Number != n {
			return false
		}
	}
	return true
}

func (s *Server) createOrder(c *call) (int, *world.Refusal) {
	var body orderBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	if !numbered(body.LineItems) {
		return 0, world.ErrLineNumbers
	}
	lines := make([]world.LineRequest, len(body.LineItems))
	for n := range lines {
		line, refusal := body.LineItems[n].request(body.BillingCycle)
		if refusal != nil {
			return 0, refusal
		}
		lines[n] = line
	}
	order, refusal := s.World.PlaceOrder(c.now, c.customer, lines, c.by())
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendOrder(c.out, c.disguise(&order))
	return http.StatusCreated, nil
}

// updateOrder is three calls in one: with a status it cancels, with parents it adds legacy add-ons, and with a billing cycle
// it would change that, which no order here allows.
func (s *Server) updateOrder(c *call) (int, *world.Refusal) {
	var body orderBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	if body.ID != "" && !same(body.ID, c.id) {
		return 0, world.ErrInvalidProperty
	}
	var order world.Order
	var refusal *world.Refusal
	switch {
	case word(body.Status) == "cancelled", word(body.Status) == "canceled":
		order, refusal = s.cancelOrder(c, &body)
	case len(body.LineItems) > 0 && body.LineItems[0].ParentID != "":
		order, refusal = s.addToOrder(c, &body)
	case body.BillingCycle != "":
		refusal = world.ErrCycleFrozen
	default:
		refusal = world.ErrInvalidInput
	}
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendOrder(c.out, c.disguise(&order))
	return http.StatusOK, nil
}

func (s *Server) cancelOrder(c *call, body *orderBody) (world.Order, *world.Refusal) {
	var named []world.LineRef
	for _, l := range body.LineItems {
		if l.Number == nil {
			return world.Order{}, world.ErrInvalidProperty
		}
		named = append(named, world.LineRef{Number: *l.Number, OfferID: l.OfferID})
	}
	return s.World.CancelOrder(c.now, c.customer, c.id, named, c.by())
}

func (s *Server) addToOrder(c *call, body *orderBody) (world.Order, *world.Refusal) {
	if !numbered(body.LineItems) {
		return world.Order{}, world.ErrLineNumbers
	}
	addOns := make([]world.AddOn, len(body.LineItems))
	for n := range addOns {
		l := &body.LineItems[n]
		parent, ok := world.ParseID(l.ParentID)
		if !ok {
			return world.Order{}, world.ErrSubscriptionNotFound
		}
		line, refusal := l.request("")
		if refusal != nil {
			return world.Order{}, refusal
		}
		addOns[n] = world.AddOn{LineRequest: line, Parent: parent}
	}
	return s.World.AddToOrder(c.now, c.customer, c.id, addOns, c.by())
}

// listActivationLinks tells where a line of marketplace SaaS is activated; other lines have nothing to activate.
func (s *Server) listActivationLinks(c *call) (int, *world.Refusal) {
	order, refusal := s.World.Order(c.now, c.customer, c.stars[0])
	if refusal != nil {
		return 0, refusal
	}
	n, err := strconv.Atoi(c.stars[1])
	if err != nil || n < 0 || n >= len(order.Lines) {
		return 0, world.ErrLineNotFound
	}
	var items []document
	if line := &order.Lines[n]; line.Line.Item.Kind == world.Marketplace && line.There {
		items = append(items, document{
			"lineItemNumber": n, "link": link("https://activation.partnersim.example/" + line.Subscription.String()),
		})
	}
	return c.say(collection(items, c.under("orders/"+order.ID+"/lineitems/"+strconv.Itoa(n)+"/activationlinks"))), nil
}
