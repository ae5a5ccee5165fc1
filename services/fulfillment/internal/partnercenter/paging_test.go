package partnercenter

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestListsGoOn: the vendor's links are followed with and without /v1 and with their token; one request id names one request.
func TestListsGoOn(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"/customers/c/subscriptions?size=2&seekOperation=Next", "/v1/customers/c/subscriptions?size=2&seekOperation=Next", "absolute"} {
		var seen []string
		var v *vendor
		v = startVendor(t, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.URL.RequestURI()+" "+r.Header.Get("MS-ContinuationToken")+" "+r.Header.Get("MS-RequestId"))
			if len(seen) > 1 {
				answering(200, `{"items":[{"id":"s-3","quantity":1}],"links":{"self":{"uri":"/x"}}}`)(w, r)
				return
			}
			at := next
			if next == "absolute" {
				at = v.URL + "/v1/customers/c/subscriptions?size=2&seekOperation=Next"
			}
			answering(200, strings.Replace(fixture(t, "subscriptions"), "/customers/c/subscriptions?size=2&seekOperation=Next", at, 1))(w, r)
		})
		all, answer, err := v.client.ListSubscriptions(testContext(t), exchangeIDs(), "c")
		if err != nil || len(all) != 3 || all[1].Quantity != 5 || all[1].Status != SubscriptionSuspended || answer.Requests != 2 {
			t.Errorf("%s: %+v, %+v, %v", next, all, answer, err)
		}
		want := "[/v1/customers/c/subscriptions  req-1 /v1/customers/c/subscriptions?size=2&seekOperation=Next t-2 ]"
		if got := fmt.Sprint(seen); got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
}

// TestListsThatCannotBeRead: of a list that is not whole, nothing is given.
func TestListsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	page := func(rest string) string { return `{"items":[{"id":"o-1"}]` + rest + `}` }
	for name, body := range map[string]string{
		"a circle":             page(`,"links":{"next":{"uri":"/customers/c/orders?p=2"}}`),
		"another host":         page(`,"links":{"next":{"uri":"https://elsewhere.example/v1/customers"}}`),
		"no scheme":            page(`,"links":{"next":{"uri":"//elsewhere.example/v1/customers"}}`),
		"a way up":             page(`,"links":{"next":{"uri":"/customers/../x"}}`),
		"credentials":          page(`,"links":{"next":{"uri":"https://a:b@elsewhere.example/"}}`),
		"no address":           page(`,"links":{"next":{"uri":"%zz"}}`),
		"no list":              `{"totalCount":0}`,
		"a list that is none":  `{"items":null}`,
		"an order without id":  `{"items":[{"status":"completed"}]}`,
		"an order without end": `{"items":[{"id":"o"}`,
	} {
		v := startVendor(t, answering(200, body))
		all, answer, err := v.client.ListOrders(testContext(t), exchangeIDs(), "c")
		if err == nil || all != nil || answer.Outcome == Done || answer.Requests > 3 {
			t.Errorf("%s: %+v, %+v, %v", name, all, answer, err)
		}
	}
}

// TestSecondPageRefused: its outcome is the list's.
func TestSecondPageRefused(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			answering(429, "")(w, r)
			return
		}
		answering(200, fixture(t, "subscriptions"))(w, r)
	})
	all, answer, err := v.client.ListSubscriptions(testContext(t), exchangeIDs(), "c")
	if err == nil || all != nil || answer.Outcome != Throttled || answer.Requests != 2 {
		t.Errorf("%+v, %+v, %v", all, answer, err)
	}
}

// TestWritesAreNotFollowed: whatever links an answer to a write has, the write is sent once.
func TestWritesAreNotFollowed(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(201, `{"items":[{"attachmentId":"a"}],"links":{"next":{"uri":"/customers/c/orders/o/attachment?p=2"}}}`))
	all, answer, err := v.client.AttachPurchaseOrder(testContext(t), exchangeIDs(), "c", "o", PurchaseOrder{})
	if err != nil || len(all) != 1 || answer.Requests != 1 {
		t.Errorf("%+v, %+v, %v", all, answer, err)
	}
}
