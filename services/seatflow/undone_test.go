package seatflow_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

const someSubscription = "5eed0000-0000-4000-9000-00000000000a"

// signedIn asks the vendor's own API as another program of the partner.
func (s *shop) signedIn(method, path, body string) {
	s.t.Helper()
	resp, err := http.PostForm(s.vendor+"/"+seed.PartnerTenant+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.ClientID}, "client_secret": {seed.ClientSecret}, "resource": {s.vendor},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		Value string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.vendor+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Value)
	req.Header.Set("Content-Type", "application/json")
	done, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer done.Body.Close()
	if done.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s", method, path, done.Status)
	}
}

// statuses counts the times that the subscription's status changed at the vendor.
func (s *shop) statuses() int {
	s.t.Helper()
	resp, err := http.Get(s.vendor + "/admin/ledger?kind=status")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var page struct{ Effects []struct{} }
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		s.t.Fatal(err)
	}
	return len(page.Effects)
}

func (s *shop) stocked() {
	s.t.Helper()
	s.vendorDoes("POST", "/admin/subscriptions", `{"customer":"`+seed.Contoso+`","id":"`+someSubscription+`","catalog_item_id":"`+seed.PowerBIPro+`","quantity":10}`)
}

// A suspension whose answer was lost, and that somebody has taken back before it was looked for, is not made again: the vendor's
// activity log has it.
func TestUndoneAtTheVendor(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.stocked()
	s.vendorDoes("POST", "/admin/behaviours", `{"name":"answer_lost","operation":"update_subscription","times":1}`)
	s.buy(31, &orderv1.Line{Number: 1, Product: "Power BI Pro", Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: someSubscription}}})
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN, "")
	s.signedIn(http.MethodPatch, "/v1/customers/"+seed.Contoso+"/subscriptions/"+someSubscription, `{"status":"active"}`)
	s.want("finished", orderv1.Status_STATUS_COMPLETED, "changed_since")
	if n := s.statuses(); n != 2 {
		t.Errorf("the status changed %d times", n)
	}
}

// Seats are not added while the vendor reviews the customer; a nudge finds that it is over.
func TestSeatsWaitForAccount(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.stocked()
	s.vendorDoes("PATCH", "/admin/customers/contoso", `{"account":"UnderReview"}`)
	id := s.buy(32, &orderv1.Line{Number: 1, Product: "Power BI Pro", Change: &orderv1.Line_AddSeats{
		AddSeats: &orderv1.AddSeats{SubscriptionId: someSubscription, Quantity: 5},
	}})
	s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR, "account_under_review")
	s.vendorDoes("PATCH", "/admin/customers/contoso", `{"account":"Allowed"}`)
	if err := s.call(contract.NudgeOrder, &fulfillmentv1.NudgeRequest{OrderId: id}, &fulfillmentv1.NudgeResponse{}, orderv1.Role_ROLE_TECHNICIAN, ""); err != nil {
		t.Error(err)
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED, "")
}
