package seatflow_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/servicetest"
)

// faster is by how much the vendor's time goes faster in these tests: an hour takes six seconds.
const faster = 600

// shop is fulfillment with the vendor's double, and nobody else.
type shop struct {
	*servicetest.World
	t      *testing.T
	vendor string
	events *nats.Subscription
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{World: servicetest.New(t, testkit.Postgres(t)), t: t}
	s.events = s.Listen("seatflow.events.provisioning.>")
	s.double()
	refresh := filepath.Join(t.TempDir(), "refresh-token")
	if err := os.WriteFile(refresh, []byte(seed.RefreshToken), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := fulfillment.Config{Config: s.Config, Vendor: fulfillment.Vendor{
		BaseURL: s.vendor, TokenURL: s.vendor + "/{tenant}/oauth2/token", Tenant: seed.PartnerTenant, ClientID: seed.ClientID, ClientSecret: seed.ClientSecret,
		RefreshToken: refresh, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, TimeScale: faster,
	}}
	s.Run(contract.Fulfillment, func(ctx context.Context, env service.Env, ready func()) error {
		return fulfillment.Run(ctx, cfg, env, ready)
	})
	return s
}

// double runs the vendor's double until the test ends.
func (s *shop) double() {
	s.t.Helper()
	sim := partnersim.Defaults()
	sim.Listen, sim.TimeScale, sim.ProvisioningDelay, sim.RatePerMinute = "127.0.0.1:0", faster, 0, 0
	ctx, stop := context.WithCancel(context.Background())
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- partnersim.Run(ctx, sim, slog.New(slog.DiscardHandler), func(base string) { at <- base })
	}()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the double ended with %v", err)
		}
	})
	s.vendor = testkit.Wait(s.t, "the double", at)
}

// vendorDoes asks the double's admin API.
func (s *shop) vendorDoes(method, path, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.vendor+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s %s", method, path, resp.Status, answer)
	}
}

// buy grants an order of one line.
func (s *shop) buy(n int, change *orderv1.Line) string {
	s.t.Helper()
	id := fmt.Sprintf("0190d2c4-0000-7000-8000-%012d", n)
	m := &eventv1.ApprovalGranted{
		View: &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING}, Fingerprint: "f",
		Order: &orderv1.Order{
			Id: id, Number: fmt.Sprintf("ORD-2026-%05d", n), Customer: &orderv1.Customer{TenantId: seed.Contoso, Name: seed.ContosoName},
			Lines: []*orderv1.Line{change}, Requester: &orderv1.Person{Issuer: "i", Subject: "emily", Name: "Emily Chen"}, Source: "portal",
		},
	}
	s.Tell(contract.ApprovalGranted, bus.Head{ID: id + ".approval.1", Subject: id, Sequence: 1, Time: time.Now()}, m)
	return id
}

func seats(n int32) *orderv1.Line {
	return &orderv1.Line{Number: 1, Product: "Microsoft 365 E5", CatalogItem: seed.Microsoft365E5, Change: &orderv1.Line_NewSubscription{
		NewSubscription: &orderv1.NewSubscription{Quantity: n, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL},
	}}
}

// want waits for an event with a status and, unless it is empty, a code of the first line; what comes before is passed over.
func (s *shop) want(event string, status orderv1.Status, code string) *orderv1.LineView {
	s.t.Helper()
	for {
		var e eventv1.StatusEvent
		head := s.Next(s.events, &e)
		l := e.GetView().GetLines()[0]
		if head.Type == "seatflow.provisioning."+event+".v1" && e.GetView().GetStatus() == status && (code == "" || l.GetCode() == code) {
			return l
		}
		if e.GetView().GetStatus() == orderv1.Status_STATUS_FAILED {
			s.t.Fatalf("failed instead: %v", e.GetView())
		}
	}
}

func (s *shop) call(m contract.Method, req, reply proto.Message, role orderv1.Role, tenant string) error {
	return s.Call(rpc.Caller{Issuer: "i", Subject: "john", Name: "John Smith", Role: role, Tenant: tenant}, m, req, reply)
}

// A review at the vendor is waited for, and the order goes on by itself when it is over.
func TestWaitsForReview(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.vendorDoes("POST", "/admin/behaviours", `{"name":"pending_review","for_ms":5400000,"times":1}`)
	s.buy(1, seats(3))
	l := s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR, "vendor_review")
	if l.GetWaitsFor() != orderv1.Owner_OWNER_VENDOR || l.GetNextLookAt() == nil || l.GetSeatsOrdered() != 3 || l.GetSeatsFulfilled() != 0 {
		t.Errorf("%v", l)
	}
	if l = s.want("finished", orderv1.Status_STATUS_COMPLETED, ""); l.GetSeatsFulfilled() != 3 || l.GetVendorSubscriptionId() == "" {
		t.Errorf("%v", l)
	}
}

// The customer's purchase order is asked for, uploaded by the customer's admin, reviewed, and the order is done.
func TestWaitsForPurchaseOrder(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.vendorDoes("POST", "/admin/behaviours", `{"name":"pending_po_upload","for_ms":60000,"times":1}`)
	id := s.buy(2, seats(3))
	l := s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR, "purchase_order_needed")
	if l.GetWaitsFor() != orderv1.Owner_OWNER_PARTNER || l.GetNeedsPersonSince() == nil {
		t.Errorf("%v", l)
	}
	var reply fulfillmentv1.AttachPurchaseOrderResponse
	err := s.call(contract.AttachPurchaseOrder, &fulfillmentv1.AttachPurchaseOrderRequest{
		OrderId: id, PurchaseOrder: &fulfillmentv1.File{Name: "po.pdf", Content: []byte("%PDF-1.7 PO")},
		CustomerPrice: &orderv1.Money{Amount: "1710.00", Currency: "USD"},
	}, &reply, orderv1.Role_ROLE_CUSTOMER_ADMIN, seed.Contoso)
	if err != nil {
		t.Fatal(err)
	}
	s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR, "purchase_order_in_review")
	s.want("finished", orderv1.Status_STATUS_COMPLETED, "")
}

// Nothing is sent for a customer whose account the vendor reviews; a nudge finds that it is over.
func TestWaitsForAccount(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.vendorDoes("PATCH", "/admin/customers/contoso", `{"account":"UnderReview"}`)
	id := s.buy(3, seats(3))
	if l := s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR, "account_under_review"); l.GetWaitsFor() != orderv1.Owner_OWNER_VENDOR {
		t.Errorf("%v", l)
	}
	s.vendorDoes("PATCH", "/admin/customers/contoso", `{"account":"Allowed"}`)
	if err := s.call(contract.NudgeOrder, &fulfillmentv1.NudgeRequest{OrderId: id}, &fulfillmentv1.NudgeResponse{}, orderv1.Role_ROLE_TECHNICIAN, ""); err != nil {
		t.Error(err)
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED, "")
}

// A purchase whose answer was lost, and that the vendor does not tell of any more, is found in the lists once they show it, and
// not made twice.
func TestFindsWhatWasBought(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.vendorDoes("POST", "/admin/behaviours", `{"name":"answer_lost","operation":"checkout_cart","times":1}`)
	s.vendorDoes("POST", "/admin/behaviours", `{"name":"recheckout_refused"}`)
	s.buy(4, seats(3))
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN, "")
	if l := s.want("finished", orderv1.Status_STATUS_COMPLETED, ""); l.GetVendorOrderId() == "" {
		t.Errorf("%v", l)
	}
	s.vendorDoes("GET", "/admin/check", "")
}

// What is known not to be for sale is told in plain words before anything is sent; today's offer is bought for yesterday's.
func TestAsksTheCatalogue(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.vendorDoes("POST", "/admin/catalogue/availability", `{"catalog_item_id":"`+seed.Microsoft365E5+`"}`)
	s.buy(5, seats(3))
	s.want("finished", orderv1.Status_STATUS_COMPLETED, "")
}
