package domain

import (
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// BenchmarkOrder is all decisions of a usual order: the approval, the cart, the checkout.
func BenchmarkOrder(b *testing.B) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	approved := &orderv1.Order{
		Id: "0190d2c4-0000-7000-8000-000000000001", Number: "ORD-2026-00001",
		Customer: &orderv1.Customer{TenantId: "6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f", Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK",
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: 2, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
	}
	b.ReportAllocs()
	for b.Loop() {
		granted := Grant(nil, approved, false, nil, 0, now)
		made := CartCreated(granted.Order, Outcome{ID: granted.Calls[0].ID},
			CartMade{Answer: Answer{Verdict: Done, Answered: true, Body: granted.Calls[0].Body}, Cart: "5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11"}, now)
		bought := CartCheckedOut(made.Order, Outcome{ID: made.Calls[0].ID}, CheckedOut{
			Answer: Answer{Verdict: Done, Answered: true, Body: made.Calls[0].Body},
			Orders: []VendorOrder{{ID: "0a1b2c3d4e5f", Status: "completed", Lines: []VendorLine{{
				Item: "CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK", Name: made.Order.Lines[0].Token, Quantity: 2, Subscription: "b0d70a69-4c42-4b27-b4c3-5a4a8b9b7f10",
			}}}},
		}, now)
		if bought.Event != EventFinished || bought.Order.Status != Completed {
			b.Fatalf("%+v", bought)
		}
	}
}
