package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
)

// usual is the life of an order as most have it: one new subscription, bought at the first go.
func usual() (granted, made, bought *domain.Order) {
	o := &orderv1.Order{
		Id: first, Number: "ORD-2026-00001", Customer: &orderv1.Customer{TenantId: first, Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK",
			UnitPrice: &orderv1.Money{Amount: "684.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: 2, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
		Requester: &orderv1.Person{Name: "Requester 7", Email: "requester-7@customer.example", Role: orderv1.Role_ROLE_SYSTEM, Issuer: "inbox", Subject: "bench"},
		Reference: "PO-12345", PlacedAt: timestamppb.New(at(0)), Source: "inbox:bench", Amount: &orderv1.Money{Amount: "1368.00", Currency: "USD"},
	}
	d := domain.Grant(nil, o, false, nil, 0, at(0))
	granted = d.Order
	d = domain.CartCreated(granted, domain.Outcome{ID: d.Calls[0].ID},
		domain.CartMade{Answer: domain.Answer{Verdict: domain.Done}, Cart: "5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11"}, at(0))
	made = d.Order
	d = domain.CartCheckedOut(made, domain.Outcome{ID: d.Calls[0].ID}, domain.CheckedOut{
		Answer: domain.Answer{Verdict: domain.Done},
		Orders: []domain.VendorOrder{{ID: "0a1b2c3d4e5f", Status: "completed", Lines: []domain.VendorLine{{
			Name: "Microsoft 365 E5 [" + made.Lines[0].Token + "]", Quantity: 2, Subscription: "b0d70a69-4c42-4b27-b4c3-5a4a8b9b7f10",
		}}}},
	}, at(0))
	return granted, made, d.Order
}

// given is a row as the driver gives it.
type given struct {
	pgx.Rows
	values []any
}

func (g *given) Scan(into ...any) error {
	for i, p := range into {
		switch p := p.(type) {
		case *string:
			*p = g.values[i].(string)
		case *pgtype.DriverBytes:
			*p = g.values[i].([]byte)
		case *int64:
			*p = g.values[i].(int64)
		case **time.Time:
			*p = nil
		}
	}
	return nil
}

// BenchmarkRow is what 64 orders cost to be written three times and read twice, without the database.
func BenchmarkRow(b *testing.B) {
	const orders = 64
	granted, made, bought := usual()
	whole, err := proto.Marshal(granted.Approved)
	if err != nil {
		b.Fatal(err)
	}
	later := func(o domain.Order) *domain.Order {
		o.Stored = true
		return &o
	}
	var batches [][]row
	for _, o := range []*domain.Order{granted, later(*made), later(*bought)} {
		batches = append(batches, slices.Repeat([]row{{ID: first, Version: 1, State: o}}, orders))
	}
	b.Run("save", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, rows := range batches {
				store.Orders.Args(rows)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		r := &given{values: []any{first, whole, int64(1), int64(0), nil, nil, "processing", nil}}
		bodies := [][]byte{stored.Order(granted), stored.Order(made)}
		for b.Loop() {
			for _, body := range bodies {
				r.values[7] = body
				for range orders {
					if _, err := store.Orders.Scan(r); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}
