package calls

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
)

// The activity log is read when the books disagree, and only then.
func TestDeeds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		found []domain.Discrepancy
		log   string
		deeds []domain.Deed
		asked int
	}{
		"they agree": {nil, "200 {}", nil, 2},
		"they do not": {[]domain.Discrepancy{{Kind: domain.UnknownPurchase}}, `200 {"totalCount":3,"items":[
			{"id":"1","operationType":"create_order","resourceType":"order","operationStatus":"succeeded","operationDate":"2026-11-28T12:00:00Z",
				"userPrincipalName":"jane@partner.example","originalCorrelationId":"c-1","customizedData":[{"key":"OrderId","value":"o1"},
				{"key":"SubscriptionId-0","value":"s1"},{"key":"SubscriptionId-1","value":"s2"}]},
			{"id":"2","operationType":"update_subscription","resourceType":"subscription","operationStatus":"failed"},
			{"id":"3","operationType":"update_subscription","resourceType":"subscription","operationStatus":"succeeded","operationDate":"2026-11-28T12:00:00Z",
				"applicationId":"billing","resourceNewValue":"{\"Id\":\"s3\",\"Quantity\":4}"}]}`,
			[]domain.Deed{
				{VendorOrder: "o1", Subscription: "s1", Created: true, By: "jane@partner.example", At: at, Trace: "c-1"},
				{VendorOrder: "o1", Subscription: "s2", Created: true, By: "jane@partner.example", At: at, Trace: "c-1"},
				{Subscription: "s3", By: "billing", At: at},
			}, 3},
		"the log is not told": {[]domain.Discrepancy{{Kind: domain.UnknownPurchase}}, "403 {}", nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			none := `200 {"totalCount":0,"items":[]}`
			v, s, _ := vendorOf(t, map[string]string{"GET orders": none, "GET subscriptions": none, "GET /v1/auditrecords": c.log})
			var last domain.Books
			v.Ours = func(_ context.Context, _ string, theirs domain.Books) ([]domain.Discrepancy, []string, error) {
				last = theirs
				return c.found, nil, nil
			}
			a := v.made(t, domain.BooksCompare, domain.Body{}).Value.(domain.BooksSeen)
			if a.Verdict != domain.Done || !slices.Equal(a.Found, c.found) || !reflect.DeepEqual(last.Deeds, c.deeds) || len(s.got) != c.asked {
				t.Errorf("%+v with %+v, asked %v", a, last.Deeds, s.got)
			}
		})
	}
}
