package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// everyChange is each kind of change as a client writes it, in words, and how many seats it is about.
var everyChange = []struct {
	kind, body, words string
	seats             float64
}{
	{"new_subscription", `{"quantity":25,"term":"P1Y","billing_cycle":"annual"}`, "new subscription, 25 seats", 25},
	{"add_on", `{"parent_subscription_id":"` + fabrika + `","quantity":5,"term":"P1Y","billing_cycle":"monthly"}`, "add-on, 5 seats", 5},
	{"add_seats", `{"subscription_id":"` + fabrika + `","quantity":10}`, "+10 seats", 10},
	{"remove_seats", `{"subscription_id":"` + fabrika + `","quantity":1}`, "-1 seat", 1},
	{"suspend", `{"subscription_id":"` + fabrika + `"}`, "suspend", 0},
	{"reactivate", `{"subscription_id":"` + fabrika + `"}`, "reactivate", 0},
	{"cancel_subscription", `{"subscription_id":"` + fabrika + `"}`, "cancel the subscription", 0},
	{"cancel_purchase", `{"vendor_order_id":"Xq1v","vendor_lines":[0,2]}`, "cancel the purchase Xq1v, its lines 0, 2", 0},
	{"cancel_purchase", `{"vendor_order_id":"Xq1v"}`, "cancel the purchase Xq1v", 0},
	{"set_auto_renew", `{"subscription_id":"` + fabrika + `","enabled":true}`, "renewal on", 0},
	{"set_auto_renew", `{"subscription_id":"` + fabrika + `","enabled":false}`, "renewal off", 0},
	{"change_term", `{"subscription_id":"` + fabrika + `","term":"P1Y"}`, "term → P1Y", 0},
	{"change_term", `{"subscription_id":"` + fabrika + `","term":"P3Y","billing_cycle":"annual"}`, "term → P3Y, billing → annual", 0},
	{"change_product", `{"subscription_id":"` + fabrika + `","quantity":10}`, "10 seats to Microsoft 365 E5", 10},
	{"change_product", `{"subscription_id":"` + fabrika + `","term":"P1M","billing_cycle":"monthly"}`, "all seats to Microsoft 365 E5, term → P1M, billing → monthly", 0},
}

// TestEveryChangeComesBackAsItWasPlaced: the JSON of each kind becomes the contract's and the same JSON again.
func TestEveryChangeComesBackAsItWasPlaced(t *testing.T) {
	t.Parallel()
	for _, c := range everyChange {
		t.Run(c.words, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.services.on(contract.PlaceOrder, func(req proto.Message) (proto.Message, error) {
				order := contosoOrder()
				order.Lines = req.(*intakev1.PlaceOrderRequest).GetOrder().GetLines()
				return &intakev1.PlaceOrderResponse{Order: order, View: &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED}}, nil
			})
			r := b.do("emily", http.MethodPost, "/api/licensing/orders",
				`{"customer":{"tenant_id":"`+contoso+`","name":"C"},"lines":[{"product":"Microsoft 365 E5","`+c.kind+`":`+c.body+`}]}`)
			r.want(t, http.StatusCreated, "")
			r.check(t, map[string]any{
				"lines.0.kind": c.kind, "lines.0.change": c.words, "lines.0.quantity": c.seats, "licences": c.seats, "changes": "Microsoft 365 E5: " + c.words,
			})
			var got struct {
				Lines []struct{ Requested map[string]json.RawMessage }
			}
			if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil || len(got.Lines) != 1 || len(got.Lines[0].Requested) != 1 {
				t.Fatalf("%v: %s", err, r.Body)
			}
			if back := string(got.Lines[0].Requested[c.kind]); back != c.body {
				t.Errorf("came back as %s, placed as %s", back, c.body)
			}
		})
	}
}

func TestBadChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, code, field string }{
		"two changes of any kind": {`"suspend":{"subscription_id":"` + contoso + `"},"set_auto_renew":{"subscription_id":"` + contoso + `","enabled":true}`, "invalid_order", "lines[0]"},
		"renewal without a word":  {`"set_auto_renew":{"subscription_id":"` + contoso + `"}`, "required", "lines[0].set_auto_renew.enabled"},
		"a purchase's line twice": {`"cancel_purchase":{"vendor_order_id":"x","vendor_lines":[1,1]}`, "not_unique", "lines[0].cancel_purchase.vendor_lines"},
		"a purchase without id":   {`"cancel_purchase":{}`, "required", "lines[0].cancel_purchase.vendor_order_id"},
		"an add-on to no UUID":    {`"add_on":{"parent_subscription_id":"x","quantity":1,"term":"P1Y","billing_cycle":"annual"}`, "bad_format", "lines[0].add_on.parent_subscription_id"},
	} {
		r := newBench(t).do("emily", http.MethodPost, "/api/licensing/orders",
			`{"customer":{"tenant_id":"`+contoso+`","name":"C"},"lines":[{"product":"P",`+c.change+`}]}`)
		r.want(t, http.StatusBadRequest, c.code)
		if got := r.at("errors", 0, "field"); got != c.field {
			t.Errorf("%s: the fault is at %v, want %s", name, got, c.field)
		}
	}
}

func TestLineProgress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	book := booked(orderv1.Status_STATUS_WAITING_ON_VENDOR, "fulfillment")
	book.View.Lines = []*orderv1.LineView{{
		Number: 1, Status: orderv1.LineStatus_LINE_STATUS_PROVISIONING, SeatsOrdered: 25, ActivationLinks: []string{"https://activate.example/1"},
		WaitsFor: orderv1.Owner_OWNER_PARTNER, NextLookAt: timestamppb.New(time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)),
	}}
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: book}))
	r := b.do("emily", http.MethodGet, "/api/licensing/orders/"+orderID, "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"lines.0.seats_fulfilled": 0.0, "lines.0.seats_ordered": 25.0, "lines.0.activation_links.0": "https://activate.example/1",
		"lines.0.waits_for": "partner", "lines.0.next_look_at": "2026-11-28T18:00:00Z",
	})
}
