package partnercenter

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// AuditQuestion says which records of the activity log are wanted.
type AuditQuestion struct {
	From     time.Time // the day counts; at most 90 days ago
	To       time.Time // zero: until now
	Customer string    // "": all
	Size     int       // of a page; 0: the vendor's
}

// AuditRecord is something that was done in the partner's account, by anyone. How late the log is, is not documented.
type AuditRecord struct {
	ID            string
	CustomerID    string
	CustomerName  string
	User          string
	ApplicationID string
	ResourceType  string // order, subscription, license, customer …
	Operation     string // create_order, update_subscription …
	Status        string // succeeded, failed, progress
	At            time.Time
	CorrelationID string // looks like the MS-CorrelationId of the call; seen in one sample only
	OldValue      string // the resource as JSON, in PascalCase
	NewValue      string
	Data          map[string]string // OrderId, AlternateId, OfferId-0, SubscriptionId-0, Quantity-0 …
}

// ListAuditRecords reads the activity log.
func (c *Client) ListAuditRecords(ctx context.Context, ex Exchange, ask AuditQuestion) ([]AuditRecord, Answer, error) {
	values := url.Values{"startDate": {ask.From.UTC().Format(time.DateOnly)}}
	if !ask.To.IsZero() {
		values.Set("endDate", ask.To.UTC().Format(time.DateOnly))
	}
	if ask.Size > 0 {
		values.Set("size", strconv.Itoa(ask.Size))
	}
	if ask.Customer != "" {
		filter, err := json.Marshal(struct{ Field, Value, Operator string }{"CustomerId", ask.Customer, "equals"})
		if err != nil {
			answer := c.local(opListAuditRecords, entryBadInput)
			failure := answer.fault(opListAuditRecords, err)
			return nil, answer, failure
		}
		values.Set("filter", string(filter))
	}
	q := collected(values, "auditrecords")
	q.op = opListAuditRecords
	return listed[AuditRecord](ctx, c, ex, q)
}

func (a *AuditRecord) complete() bool { return a.ID != "" }

func (a *AuditRecord) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			a.ID = r.text()
		case "customerid":
			a.CustomerID = r.text()
		case "customername":
			a.CustomerName = r.text()
		case "userprincipalname":
			a.User = r.text()
		case "applicationid":
			a.ApplicationID = r.text()
		case "resourcetype":
			a.ResourceType = r.enum()
		case "operationtype":
			a.Operation = r.enum()
		case "operationstatus":
			a.Status = r.enum()
		case "operationdate":
			a.At = r.moment()
		case "originalcorrelationid":
			a.CorrelationID = r.text()
		case "resourceoldvalue":
			a.OldValue = r.text()
		case "resourcenewvalue":
			a.NewValue = r.text()
		case "customizeddata":
			for range r.array {
				if key, value := readPair(r); key != "" {
					if a.Data == nil {
						a.Data = map[string]string{}
					}
					a.Data[key] = value
				}
			}
		}
	}
}
