package partnercenter

import (
	"context"
	"time"
)

// webhookRoot is what the webhook's registration stands below; there is one registration per partner.
const webhookRoot = "/webhooks/v1"

// Webhook is where the vendor sends which events.
type Webhook struct {
	SubscriberID string
	URL          string
	Events       []string // subscription-updated, test-created …
	ChangedAt    time.Time
}

// TestEvent is how a test event was delivered.
type TestEvent struct {
	CorrelationID string
	PartnerID     string
	Status        string // completed, …
	CallbackURL   string
	Results       []TestResult
}

// TestResult is one attempt to deliver a test event.
type TestResult struct {
	Code        string // HTTP status that our side answered
	Message     string
	SystemError bool
	At          time.Time
}

// ListWebhookEvents reads which events there are.
func (c *Client) ListWebhookEvents(ctx context.Context, ex Exchange) ([]string, Answer, error) {
	var out wordsBody
	answer, err := c.call(ctx, ex, webhook(opListWebhookEvents, "registration", "events"), &out)
	return out.words, answer, err
}

// GetWebhook reads the registration. 404 means that there is none.
func (c *Client) GetWebhook(ctx context.Context, ex Exchange) (Webhook, Answer, error) {
	var out Webhook
	answer, err := c.call(ctx, ex, webhook(opGetWebhook, "registration"), &out)
	return out, answer, err
}

// CreateWebhook registers an address for some events. 409 means that there is a registration already: UpdateWebhook.
func (c *Client) CreateWebhook(ctx context.Context, ex Exchange, address string, events []string) (Webhook, Answer, error) {
	return c.putWebhook(ctx, ex, opCreateWebhook, address, events)
}

// UpdateWebhook replaces the registration. It may be repeated.
func (c *Client) UpdateWebhook(ctx context.Context, ex Exchange, address string, events []string) (Webhook, Answer, error) {
	return c.putWebhook(ctx, ex, opUpdateWebhook, address, events)
}

func (c *Client) putWebhook(ctx context.Context, ex Exchange, op operation, address string, events []string) (Webhook, Answer, error) {
	var out Webhook
	q := webhook(op, "registration")
	q.send = struct {
		URL    string   `json:"WebhookUrl"`
		Events []string `json:"WebhookEvents"`
		Header bool     `json:"SignatureTokenToMsSignatureHeader"`
	}{address, events, true}
	answer, err := c.call(ctx, ex, q, &out)
	return out, answer, err
}

// SendTestEvent has the vendor send a test event, at most two a minute. GetTestEvent tells what became of it.
func (c *Client) SendTestEvent(ctx context.Context, ex Exchange) (correlationID string, answer Answer, err error) {
	var out TestEvent
	answer, err = c.call(ctx, ex, webhook(opSendTestEvent, "registration", "validationEvents"), &out)
	return out.CorrelationID, answer, err
}

// GetTestEvent reads how a test event was delivered, for seven days.
func (c *Client) GetTestEvent(ctx context.Context, ex Exchange, correlationID string) (TestEvent, Answer, error) {
	var out TestEvent
	answer, err := c.call(ctx, ex, webhook(opGetTestEvent, "registration", "validationEvents", correlationID), &out)
	return out, answer, err
}

func webhook(op operation, path ...string) request {
	return request{op: op, root: webhookRoot, path: path}
}

// wordsBody reads a list of words, bare or in an envelope.
type wordsBody struct {
	words []string
	found bool
}

func (b *wordsBody) complete() bool { return b.found }

func (b *wordsBody) read(r *reader) {
	if r.peek() == '[' {
		b.words, b.found = r.texts(), true
		return
	}
	for name := range r.object {
		if string(name) == "items" {
			b.words, b.found = r.texts(), true
		}
	}
}

func (w *Webhook) complete() bool { return w.URL != "" }

func (w *Webhook) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "subscriberid":
			w.SubscriberID = r.text()
		case "webhookurl":
			w.URL = r.text()
		case "webhookevents":
			w.Events = r.texts()
		case "lastmodifiedtimestamp":
			w.ChangedAt = r.moment()
		}
	}
}

func (e *TestEvent) complete() bool { return e.CorrelationID != "" }

func (e *TestEvent) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "correlationid":
			e.CorrelationID = r.text()
		case "partnerid":
			e.PartnerID = r.text()
		case "status":
			e.Status = r.enum()
		case "callbackurl":
			e.CallbackURL = r.text()
		case "results":
			for range r.array {
				e.Results = append(e.Results, readTestResult(r))
			}
		}
	}
}

func readTestResult(r *reader) (t TestResult) {
	for name := range r.object {
		switch string(name) {
		case "responsecode":
			t.Code = r.text()
		case "responsemessage":
			t.Message = r.text()
		case "systemerror":
			t.SystemError = r.flag()
		case "datetimeutc":
			t.At = r.moment()
		}
	}
	return t
}
