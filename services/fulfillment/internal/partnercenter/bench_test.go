package partnercenter

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// BenchmarkCheckout is one call over loopback, 64 at a time, server included.
func BenchmarkCheckout(b *testing.B) {
	body := []byte(`{"orders":[{"id":"0a1b2c3d4e5f","status":"completed","creationDate":"2026-03-01T12:00:01Z","lineItems":[` +
		`{"lineItemNumber":0,"offerId":"P:S:A","subscriptionId":"s-1","friendlyName":"sf","quantity":25}]}],"attributes":{"objectType":"CartCheckoutResult"}}`)
	v := startVendor(b, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	})
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := v.client.CheckoutCart(b.Context(), exchangeIDs(), "c", "k"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkDecode is the cost of reading one checkout answer.
func BenchmarkDecode(b *testing.B) {
	body := []byte(fixture(b, "checkout"))
	b.ReportAllocs()
	for b.Loop() {
		var out checkoutBody
		if err := decodeInto(body, &out); err != nil || out.Orders[0].TotalPrice != json.Number("1425.00") {
			b.Fatal(err)
		}
	}
}
