package vendorapi

import (
	"net/http"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// whyNot are the documented reasons for which seats cannot move.
var whyNot = map[int]string{
	2: "Subscription cannot be transitioned because the source subscription state is not active.",
	4: "Subscription cannot be transitioned because another operation is running.",
}

// whyNotJoin are those for which they cannot join an existing subscription.
var whyNotJoin = map[int]string{
	1: "The subscription is not active.",
	3: "The subscription's term duration is shorter than the source subscription's term duration.",
	4: "The subscription's end date is earlier than the source subscription's end date.",
}

func problems(code int, words map[int]string) []document {
	if code == 0 {
		return []document{}
	}
	return []document{{"code": code, "description": words[code]}}
}

// listEligibilities tells what a subscription could be changed into, at once or when it renews.
func (s *Server) listEligibilities(c *call) (int, *world.Refusal) {
	switch word(c.request.URL.Query().Get("eligibilityType")) {
	case "", "immediate", "scheduled":
	default:
		return 0, world.ErrEnum
	}
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	targets, refusal := s.World.Targets(c.now, c.customer, id)
	if refusal != nil {
		return 0, refusal
	}
	operation := s.newID().String()
	var items []document
	for _, t := range targets {
		ways, joins := []document{}, []document{}
		for _, way := range []string{world.TransitionOnly, world.TransitionWithLicenses} {
			ways = append(ways, document{"transitionType": way, "isEligible": t.Code == 0, "errors": problems(t.Code, whyNot)})
		}
		for _, j := range t.Subscriptions {
			joins = append(joins, document{
				"subscriptionId": j.ID.String(), "subscriptionFriendlyName": j.FriendlyName, "subscriptionTermDuration": j.Term.Duration,
				"subscriptionBillingCycle": j.Term.BillingCycle, "isEligible": j.Code == 0, "errors": problems(j.Code, whyNotJoin),
			})
		}
		d := document{
			"operationId": operation, "catalogItemId": t.Item.ID, "title": t.Item.Title, "description": t.Item.Title, "quantity": t.Quantity,
			"eligibilities": ways, "attributes": objectType("TransitionEligibility"),
		}
		if len(joins) > 0 {
			d["subscriptionEligibilities"] = joins
		}
		items = append(items, d)
	}
	return c.say(collection(items, "")), nil
}

type transitionBody struct {
	From     string `json:"fromCatalogItemId"`
	FromID   string `json:"fromSubscriptionId"`
	To       string `json:"toCatalogItemId"`
	ToID     string `json:"toSubscriptionId"`
	Quantity int64  `json:"quantity"`
	Term     string `json:"termDuration"`
	Cycle    string `json:"billingCycle"`
	Type     string `json:"transitionType"`
}

func (s *Server) createTransition(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	var body transitionBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	r := world.TransitionRequest{
		From: body.From, To: body.To, Quantity: body.Quantity, Term: body.Term, Cycle: word(body.Cycle), Type: word(body.Type),
	}
	for _, named := range []struct {
		text string
		id   *world.ID
	}{{body.FromID, &r.FromID}, {body.ToID, &r.ToID}} {
		var ok bool
		if *named.id, ok = world.ParseID(named.text); named.text != "" && !ok {
			return 0, world.ErrSubscriptionNotFound
		}
	}
	made, refusal := s.World.Transit(c.now, c.customer, id, r, c.by())
	if refusal != nil {
		return 0, refusal
	}
	c.say(c.transition(&made))
	return http.StatusOK, nil
}

func (s *Server) listTransitions(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	text := c.request.URL.Query().Get("operationId")
	only, ok := world.ParseID(text)
	if text != "" && !ok {
		return 0, world.ErrInvalidProperty
	}
	list, refusal := s.World.Transitions(c.now, c.customer, id, only)
	if refusal != nil {
		return 0, refusal
	}
	items := []document{}
	for n := range list {
		items = append(items, c.transition(&list[n]))
	}
	return c.say(document{"transition": items, "attributes": objectType("Collection")}), nil
}

// transition shows a transition with the names of the printed answers, whose case is mixed.
func (c *call) transition(t *world.Transition) document {
	return document{
		"operationId": t.ID.String(), "FromCatalogItemId": t.From.ID, "FromSubscriptionId": t.FromID.String(), "ToCatalogItemId": t.To.ID,
		"ToSubscriptionId": t.ToID.String(), "quantity": t.Quantity, "termDuration": t.Term.Duration, "billingCycle": t.Term.BillingCycle,
		"transitionType": t.Type, "Events": c.events(t), "attributes": objectType("Transition"),
	}
}

// events tells how far a transition is. The licences of users follow when the conversion is done.
func (c *call) events(t *world.Transition) []document {
	event := func(name, status string, at moment) document {
		return document{"name": name, "status": status, "timestamp": at, "attributes": objectType("TransitionEvent")}
	}
	list := []document{event("Conversion", "Started", moment(t.StartedAt))}
	if c.now.Before(t.CompletedAt) {
		return list
	}
	list = append(list, event("Conversion", "Completed", moment(t.CompletedAt)))
	if t.Type == world.TransitionWithLicenses {
		list = append(list, event("LicenseReassignment", "Started", moment(t.CompletedAt)), event("LicenseReassignment", "Completed", moment(t.CompletedAt)))
	}
	return list
}
