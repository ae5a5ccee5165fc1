package vendorapi

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// cartBody is what a client sends; the tables of the documentation call the item catalogId, the samples catalogItemId.
type cartBody struct {
	LineItems []cartLineBody `json:"lineItems"`
}

type cartLineBody struct {
	CatalogItemID       string              `json:"catalogItemId"`
	CatalogID           string              `json:"catalogId"`
	FriendlyName        string              `json:"friendlyName"`
	Quantity            int64               `json:"quantity"`
	BillingCycle        string              `json:"billingCycle"`
	TermDuration        string              `json:"termDuration"`
	PromotionID         string              `json:"promotionId"`
	AttestationAccepted bool                `json:"attestationAccepted"`
	Participants        []world.Participant `json:"participants"`
	Context             map[string]string   `json:"provisioningContext"`
}

func (l *cartLineBody) request() (world.LineRequest, *world.Refusal) {
	r := world.LineRequest{
		ItemID: l.CatalogItemID, Quantity: l.Quantity, FriendlyName: l.FriendlyName,
		TermDuration: l.TermDuration, BillingCycle: word(l.BillingCycle),
	}
	if r.ItemID == "" {
		r.ItemID = l.CatalogID
	}
	switch r.BillingCycle {
	case "unknown":
		r.BillingCycle = ""
	case "", "monthly", "annual", "none", "one_time", "triennial", "biennial":
	default:
		return r, world.ErrEnum
	}
	if l.PromotionID != "" || l.AttestationAccepted || len(l.Participants) > 0 || len(l.Context) > 0 {
		r.Extras = &world.Extras{
			PromotionID: l.PromotionID, AttestationAccepted: l.AttestationAccepted, Participants: l.Participants, Context: l.Context,
		}
	}
	return r, nil
}

func (s *Server) createCart(c *call) (int, *world.Refusal) {
	var body cartBody
	if !readPlainCart(c.body, &body) {
		body = cartBody{}
		if refusal := decode(c.body, &body); refusal != nil {
			return 0, refusal
		}
	}
	lines := make([]world.LineRequest, len(body.LineItems))
	for n := range lines {
		line, refusal := body.LineItems[n].request()
		if refusal != nil {
			return 0, refusal
		}
		lines[n] = line
	}
	cart, refusal := s.World.CreateCart(c.now, c.customer, lines)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCart(c.out, &cart)
	return http.StatusCreated, nil
}

func (s *Server) getCart(c *call) (int, *world.Refusal) {
	id, refusal := c.cartID()
	if refusal != nil {
		return 0, refusal
	}
	cart, refusal := s.World.Cart(c.now, c.customer, id)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCart(c.out, &cart)
	return http.StatusOK, nil
}

func (s *Server) checkoutCart(c *call) (int, *world.Refusal) {
	id, refusal := c.cartID()
	if refusal != nil {
		return 0, refusal
	}
	checked, refusal := s.World.Checkout(c.now, c.customer, id, c.by())
	if refusal != nil {
		return 0, refusal
	}
	c.out = append(c.out, `{"orders":[`...)
	for n := range checked.Orders {
		if n > 0 {
			c.out = append(c.out, ',')
		}
		c.out = appendOrder(c.out, c.disguise(&checked.Orders[n]))
	}
	c.out = appendOrderErrors(append(c.out, ']'), checked.Errors)
	c.out = append(c.out, `,"attributes":{"objectType":"CartCheckoutResult"}}`...)
	return http.StatusCreated, nil
}

// appendOrderErrors writes the order groups of a checkout that became no orders.
func appendOrderErrors(b []byte, errors []world.OrderError) []byte {
	for n, e := range errors {
		opening := `,`
		if n == 0 {
			opening = `,"orderErrors":[`
		}
		b = strconv.AppendInt(append(append(b, opening...), `{"orderGroupId":"`...), int64(e.Group), 10)
		b = strconv.AppendInt(append(b, `","code":`...), int64(e.Code), 10)
		b = append(appendText(append(b, `,"description":`...), e.Description), '}')
	}
	if len(errors) > 0 {
		b = append(b, ']')
	}
	return b
}

// cartID reads the cart of the path. What is no GUID is no cart's id.
func (c *call) cartID() (world.ID, *world.Refusal) {
	id, ok := world.ParseID(c.id)
	if !ok {
		return id, world.ErrCartNotFound
	}
	return id, nil
}

// lastModifiedUser is the user that all carts name.
const lastModifiedUser = "9db12087-fbc3-481c-8965-73d44ff88e27"

func appendCart(b []byte, cart *world.Cart) []byte {
	b = cart.ID.Append(append(b, `{"id":"`...))
	b = appendTime(append(b, `","creationTimestamp":`...), cart.CreatedAt)
	b = appendTime(append(b, `,"lastModifiedTimestamp":`...), cart.CreatedAt)
	b = appendTime(append(b, `,"expirationTimestamp":`...), cart.ExpiresAt)
	b = append(b, `,"lastModifiedUser":"`+lastModifiedUser+`","status":"`...)
	if cart.Ordered {
		b = append(b, `Ordered`...)
	} else {
		b = append(b, `Active`...)
	}
	b = append(b, `","lineItems":[`...)
	for n := range cart.Lines {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendCartLine(b, n, &cart.Lines[n], cart.Customer.Currency)
	}
	b = append(b, `],"links":{"self":{"uri":"`...)
	b = cart.ID.Append(appendPath(b, cart.Customer.ID, "carts/"))
	return append(b, linkGet+`},"attributes":{"objectType":"Cart"}}`...)
}

func appendCartLine(b []byte, n int, line *world.Line, currency string) []byte {
	b = strconv.AppendInt(append(b, `{"id":`...), int64(n), 10)
	b = append(append(append(b, `,"catalogItemId":"`...), line.Item.ID...), '"')
	if line.FriendlyName != "" {
		b = appendText(append(b, `,"friendlyName":`...), line.FriendlyName)
	}
	b = strconv.AppendInt(append(b, `,"quantity":`...), line.Quantity, 10)
	b = appendText(append(b, `,"currencyCode":`...), currency)
	if line.Term != nil {
		b = append(append(b, `,"billingCycle":"`...), line.Term.BillingCycle...)
		b = append(append(append(b, `","termDuration":"`...), line.Term.Duration...), '"')
	}
	b = appendContext(append(b, ','), line.Extras)
	b = strconv.AppendInt(append(b, `,"orderGroup":"`...), int64(line.Group), 10)
	b = append(b, '"')
	b = appendExtras(b, line.Extras)
	if line.Term != nil {
		b = appendPricing(b, line)
	}
	if line.Error != nil {
		b = strconv.AppendInt(append(b, `,"error":{"errorCode":`...), int64(line.Error.Code), 10)
		b = appendText(append(b, `,"errorDescription":`...), line.Error.Description)
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendContext writes a line's provisioning context, without a comma.
func appendContext(b []byte, x *world.Extras) []byte {
	if x == nil || len(x.Context) == 0 {
		return append(b, `"provisioningContext":{}`...)
	}
	text, err := json.Marshal(x.Context)
	if err != nil { // cannot happen: texts only
		text = []byte(`{}`)
	}
	return append(append(b, `"provisioningContext":`...), text...)
}

func appendExtras(b []byte, x *world.Extras) []byte {
	if x == nil {
		return b
	}
	if x.PromotionID != "" {
		b = appendText(append(b, `,"promotionId":`...), x.PromotionID)
	}
	if x.AttestationAccepted {
		b = append(b, `,"attestationAccepted":true`...)
	}
	for n, p := range x.Participants {
		opening := `,`
		if n == 0 {
			opening = `,"participants":[`
		}
		b = appendText(append(append(b, opening...), `{"key":`...), p.Key)
		b = append(appendText(append(b, `,"value":`...), p.Value), '}')
	}
	if len(x.Participants) > 0 {
		b = append(b, ']')
	}
	return b
}
