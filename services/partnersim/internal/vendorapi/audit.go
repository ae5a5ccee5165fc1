package vendorapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

const (
	auditKept    = 90 * 24 * time.Hour
	auditDefault = 30 * 24 * time.Hour
	auditPage    = 500
)

// audit is what one call did, as the activity log tells it: one record per call and order or subscription.
type audit struct {
	effects []world.Effect
}

// auditQuestion is which records are wanted.
type auditQuestion struct {
	from, to time.Time
	size     int
	after    int // records to leave out, which are on earlier pages
	field    string
	value    string
}

func (s *Server) readAuditQuestion(c *call) (q auditQuestion, refusal *world.Refusal) {
	query := c.request.URL.Query()
	day := func(text string, otherwise time.Time) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		switch {
		case text == "":
			return otherwise
		case err != nil:
			refusal = world.ErrInvalidProperty
		}
		return at
	}
	q.from, q.to = day(query.Get("startDate"), c.now.Add(-auditDefault)), day(query.Get("endDate"), c.now).Add(24*time.Hour)
	q.size = auditPage
	for name, into := range map[string]*int{"size": &q.size, "after": &q.after} {
		if text := query.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "size" && n == 0 {
				return q, world.ErrInvalidProperty
			}
			*into = n
		}
	}
	q.size = min(q.size, auditPage)
	if c.now.Sub(q.from) > auditKept+24*time.Hour {
		return q, world.ErrInvalidProperty
	}
	if text := query.Get("filter"); text != "" {
		var f struct{ Field, Value, Operator string }
		if json.Unmarshal([]byte(text), &f) != nil {
			return q, world.ErrInvalidProperty
		}
		q.field, q.value = strings.ToLower(f.Field), f.Value
		operator := map[string]string{"companyname": "substring", "customerid": "equals", "resourcetype": "equals"}[q.field]
		if operator == "" || !same(operator, f.Operator) {
			return q, world.ErrInvalidProperty
		}
	}
	return q, refusal
}

// listAuditRecords tells what was done, newest first.
func (s *Server) listAuditRecords(c *call) (int, *world.Refusal) {
	q, refusal := s.readAuditQuestion(c)
	if refusal != nil {
		return 0, refusal
	}
	names := map[world.ID]string{}
	for _, customer := range s.World.Customers() {
		names[customer.ID] = customer.Name
	}
	records := audits(s.World.Effects(0, 0, func(e *world.Effect) bool {
		if e.Correlation == "" || e.At.Before(q.from) || !e.At.Before(q.to) {
			return false
		}
		switch q.field {
		case "customerid":
			return same(e.Customer.String(), q.value)
		case "companyname":
			return strings.Contains(strings.ToLower(names[e.Customer]), strings.ToLower(q.value))
		case "resourcetype":
			return same(resourceOf(e.Kind), q.value)
		}
		return true
	}))
	slices.Reverse(records)
	total := len(records)
	records = records[min(q.after, total):]
	more := len(records) > q.size
	var items []document
	for _, r := range records[:min(q.size, len(records))] {
		items = append(items, r.show(c.tenant, names[r.effects[0].Customer]))
	}
	d := collection(items, "/auditrecords?"+c.request.URL.RawQuery)
	d["totalCount"] = total
	if more {
		next := c.request.URL.Query()
		next.Set("after", strconv.Itoa(q.after+q.size))
		d["links"].(document)["next"] = nextPage(next)
	}
	return c.say(d), nil
}

func nextPage(query url.Values) document { return link("/auditrecords?" + query.Encode()) }

// audits puts the effects of one call on one order, or on one subscription, into one record.
func audits(effects []world.Effect) (records []*audit) {
	for _, e := range effects {
		if n := len(records); n > 0 {
			last := &records[n-1].effects[0]
			if last.Kind == e.Kind && last.RequestID == e.RequestID && last.Order == e.Order && resourceOf(e.Kind) == "order" {
				records[n-1].effects = append(records[n-1].effects, e)
				continue
			}
		}
		records = append(records, &audit{[]world.Effect{e}})
	}
	return records
}

func resourceOf(kind world.EffectKind) string {
	switch kind {
	case world.EffectPurchase, world.EffectCancel, world.EffectAttachment:
		return "order"
	case world.EffectQuantity, world.EffectStatus, world.EffectTerm, world.EffectName, world.EffectAutoRenew, world.EffectGiven,
		world.EffectTransition, world.EffectRegistration:
	}
	return "subscription"
}

func operationOf(kind world.EffectKind) string {
	switch kind {
	case world.EffectPurchase:
		return "create_order"
	case world.EffectCancel, world.EffectAttachment:
		return "update_order"
	case world.EffectTransition:
		return "upgrade_subscription"
	case world.EffectQuantity, world.EffectStatus, world.EffectTerm, world.EffectName, world.EffectAutoRenew, world.EffectGiven,
		world.EffectRegistration:
	}
	return "update_subscription"
}

func (r *audit) show(partner, customer string) document {
	e := &r.effects[0]
	resource, operation := resourceOf(e.Kind), operationOf(e.Kind)
	key := e.Order
	if resource != "order" {
		key = e.Subscription.String()
	}
	return document{
		"id":        fmt.Sprintf("%s_%s_%s_%s_%d", partner, e.Customer, key, strings.ReplaceAll(operation, "_", ""), e.Number),
		"partnerId": partner, "participants": []string{partner}, "customerId": e.Customer.String(), "customerName": customer,
		"userPrincipalName": "admin@partner.example", "applicationId": "partnersim", "resourceType": resource,
		"resourceNewValue": r.value(), "operationType": operation, "operationStatus": "succeeded", "operationDate": moment(e.At),
		"originalCorrelationId": e.Correlation, "customizedData": r.data(), "attributes": objectType("AuditRecord"),
	}
}

// value is the resource after the call, as a text that holds JSON in PascalCase.
func (r *audit) value() string {
	e := &r.effects[0]
	d := document{"Id": e.Subscription.String(), "OfferId": e.Item, "FriendlyName": e.FriendlyName, "Quantity": e.After, "Status": e.Status}
	if resourceOf(e.Kind) == "order" {
		lines := []document{}
		for n, l := range r.effects {
			lines = append(lines, document{
				"LineItemNumber": n, "OfferId": l.Item, "SubscriptionId": l.Subscription.String(), "FriendlyName": l.FriendlyName, "Quantity": l.After,
			})
		}
		d = document{"Id": e.Order, "AlternateId": e.Order, "ReferenceCustomerId": e.Customer.String(), "LineItems": lines, "CreationDate": moment(e.At)}
	}
	text, err := json.Marshal(d)
	if err != nil { // cannot happen: texts, numbers and times only
		return ""
	}
	return string(text)
}

func (r *audit) data() []document {
	var list []document
	add := func(key, value string) { list = append(list, document{"key": key, "value": value}) }
	if e := &r.effects[0]; e.Order != "" {
		add("OrderId", e.Order)
		add("AlternateId", e.Order)
	}
	for n, e := range r.effects {
		at := "-" + strconv.Itoa(n)
		add("OfferId"+at, e.Item)
		add("SubscriptionId"+at, e.Subscription.String())
		add("SubscriptionName"+at, e.FriendlyName)
		add("Quantity"+at, strconv.FormatInt(e.After, 10))
	}
	return list
}
