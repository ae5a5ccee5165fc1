package vendorapi

import (
	"net/http"
	"net/url"

	"github.com/seatflow/seatflow/services/partnersim/internal/hooks"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

var (
	errNoHook     = &world.Refusal{Status: 404, Code: 1000, Description: "The partner has no webhook registration."}
	errHookExists = &world.Refusal{Status: 409, Code: 1000, Description: "The partner has a webhook registration already. Update it."}
	errHookURL    = &world.Refusal{Status: 400, Code: 3000, Description: "The webhook's address is not valid."}
	errHookEvents = &world.Refusal{Status: 400, Code: 3000, Description: "An event is not known."}
	errNoTest     = &world.Refusal{Status: 404, Code: 1000, Description: "The validation event was not found."}
)

type hookBody struct {
	URL       string   `json:"WebhookUrl"`
	Events    []string `json:"WebhookEvents"`
	OwnHeader bool     `json:"SignatureTokenToMsSignatureHeader"`
}

func (s *Server) listWebhookEvents(c *call) (int, *world.Refusal) { return c.say(hooks.Events()), nil }

func (s *Server) getWebhook(c *call) (int, *world.Refusal) {
	r, ok := s.Hooks.Registered(c.tenant)
	if !ok {
		return 0, errNoHook
	}
	return c.say(document{"WebhookUrl": r.URL, "WebhookEvents": r.Events}), nil
}

func (s *Server) createWebhook(c *call) (int, *world.Refusal) {
	if _, ok := s.Hooks.Registered(c.tenant); ok {
		return 0, errHookExists
	}
	return s.registerHook(c)
}

func (s *Server) updateWebhook(c *call) (int, *world.Refusal) {
	if _, ok := s.Hooks.Registered(c.tenant); !ok {
		return 0, errNoHook
	}
	return s.registerHook(c)
}

// registerHook keeps where a partner wants to be told. The certificate is served where the call came to.
func (s *Server) registerHook(c *call) (int, *world.Refusal) {
	var body hookBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	to, err := url.Parse(body.URL)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return 0, errHookURL
	}
	if !hooks.Known(body.Events) {
		return 0, errHookEvents
	}
	r := s.Hooks.Register(c.tenant, hooks.Registration{
		URL: body.URL, Events: body.Events, OwnHeader: body.OwnHeader, Host: c.request.Host, At: c.now,
	})
	c.say(document{
		"SubscriberId": r.ID, "WebhookUrl": r.URL, "WebhookEvents": r.Events, "lastModifiedTimestamp": moment(c.now),
	})
	return http.StatusOK, nil
}

// sendTestEvent sends a test, at most two in a minute.
func (s *Server) sendTestEvent(c *call) (int, *world.Refusal) {
	id, wait, ok := s.Hooks.Test(c.tenant, c.now)
	switch {
	case wait > 0:
		c.slowDown(s.Clock.Seconds(wait))
		return http.StatusTooManyRequests, nil
	case !ok:
		return 0, errNoHook
	}
	return c.say(document{"correlationId": id}), nil
}

func (s *Server) getTestEvent(c *call) (int, *world.Refusal) {
	t, ok := s.Hooks.Tested(c.tenant, c.stars[0])
	if !ok {
		return 0, errNoTest
	}
	results := []document{}
	for _, r := range t.Results {
		results = append(results, document{
			"responseCode": itoa(r.Status), "responseMessage": r.Message, "systemError": r.Status == 0, "dateTimeUtc": moment(r.At),
		})
	}
	return c.say(document{
		"correlationId": t.ID, "partnerId": c.tenant, "status": t.Status, "callbackUrl": t.URL, "results": results,
	}), nil
}

// tell sends the notifications of what a call has done, for the time when it shows.
func (s *Server) tell(c *call) {
	if c.made.First == 0 || !s.Hooks.Wanted(c.tenant) {
		return
	}
	settings := s.World.Settings()
	for _, e := range s.World.Effects(c.made.First-1, int(c.made.Last-c.made.First+1), nil) {
		shows := c.now
		switch e.Kind {
		case world.EffectPurchase:
			shows = shows.Add(settings.ProvisioningDelay)
		case world.EffectTransition:
			shows = shows.Add(settings.TransitionDelay)
			s.Hooks.Changed(c.tenant, e.Customer, e.Target, shows)
		case world.EffectAttachment:
			continue
		case world.EffectQuantity, world.EffectStatus, world.EffectTerm, world.EffectName, world.EffectAutoRenew, world.EffectGiven,
			world.EffectCancel, world.EffectRegistration:
		}
		if s.World.Subscribes(e.Item) {
			s.Hooks.Changed(c.tenant, e.Customer, e.Subscription, shows)
		}
	}
}
