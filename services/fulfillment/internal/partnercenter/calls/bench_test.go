package calls

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/engine"
)

const (
	madeCart = `{"id":"5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11","creationTimestamp":"2026-03-01T12:00:00.1234567Z",` +
		`"lastModifiedTimestamp":"2026-03-01T12:00:00.1234567Z","expirationTimestamp":"2026-03-08T12:00:00.0000000Z",` +
		`"lastModifiedUser":"9db12087-fbc3-481c-8965-73d44ff88e27","status":"Active","lineItems":[{"id":0,` +
		`"catalogItemId":"CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK","friendlyName":"Microsoft 365 E5 [SF-7K3Q2PXA]","quantity":2,` +
		`"currencyCode":"USD","billingCycle":"annual","termDuration":"P1Y","provisioningContext":{},"orderGroup":"0",` +
		`"pricing":{"listPrice":684.00,"discountedPrice":684.00,"proratedPrice":684.00,"price":684.00,"extendedPrice":1368.00}}],` +
		`"links":{"self":{"uri":"/customers/6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f/carts/5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11",` +
		`"method":"GET","headers":[]}},"attributes":{"objectType":"Cart"}}`
	boughtCart = `{"orders":[{"id":"0a1b2c3d4e5f","alternateId":"0a1b2c3d4e5f","referenceCustomerId":"6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f",` +
		`"billingCycle":"annual","currencyCode":"USD","lineItems":[{"lineItemNumber":0,"offerId":"CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK",` +
		`"subscriptionId":"b0d70a69-4c42-4b27-b4c3-5a4a8b9b7f10","termDuration":"P1Y","transactionType":"New",` +
		`"friendlyName":"Microsoft 365 E5 [SF-7K3Q2PXA]","quantity":2,"pricing":{"price":684.00}}],` +
		`"creationDate":"2026-03-01T12:00:01.5000000Z","status":"completed","transactionType":"UserPurchase","totalPrice":1368.00,` +
		`"attributes":{"objectType":"Order"}}],"attributes":{"objectType":"CartCheckoutResult"}}`
	signedIn = `{"token_type":"Bearer","expires_in":3600,"access_token":"` +
		`eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaS5wYXJ0bmVyY2VudGVyLm1pY3Jvc29mdC5jb20ifQ.c2lnbmF0dXJl"}`
)

// whole is an answer as it goes over the wire, with the headers that the vendor sends.
func whole(status, body string) []byte {
	return []byte("HTTP/1.1 " + status + "\r\nMS-RequestId: 0190d2c4-0000-7000-8000-0000000000ff\r\n" +
		"MS-CorrelationId: 6f1d1c52-40a7-5d0f-9f0e-2f4c6f0f7d11\r\nMS-CV: MDEyMzQ1Njc4OTAx.0\r\nMS-ServerId: 201022015\r\n" +
		"Content-Type: application/json; charset=utf-8\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// bareVendor answers by the end of the path and allocates nothing on the way, so that a benchmark counts the client alone.
func bareVendor(b *testing.B) (address string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	cart, checkout, token := whole("201 Created", madeCart), whole("201 Created", boughtCart), whole("200 OK", signedIn)
	serve := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		in := bufio.NewReader(conn)
		for {
			answer, length := cart, 0
			for {
				line, err := in.ReadSlice('\n')
				switch {
				case err != nil:
					return
				case bytes.Contains(line, []byte("/checkout HTTP")):
					answer = checkout
				case bytes.Contains(line, []byte("/token HTTP")):
					answer = token
				case bytes.HasPrefix(line, []byte("Content-Length: ")):
					length = number(line)
				}
				if len(line) == 2 {
					break
				}
			}
			if _, err := in.Discard(length); err != nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "http://" + listener.Addr().String()
}

func number(line []byte) (n int) {
	for _, c := range line {
		if '0' <= c && c <= '9' {
			n = 10*n + int(c-'0')
		}
	}
	return n
}

// BenchmarkPurchase is both calls of a usual order, from the stored intent to the domain's answer, 32 orders at a time. The
// vendor costs time, but no allocation.
func BenchmarkPurchase(b *testing.B) {
	at := bareVendor(b)
	client, err := partnercenter.New(partnercenter.Config{
		BaseURL: at, TokenURL: at + "/token", Tenant: "t", ClientID: "c", Secret: func() (string, error) { return "s", nil },
	}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	v := &Vendor{Client: client, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	runs := map[string]engine.Operation{}
	for _, op := range v.Operations() {
		runs[op.Name] = op
	}
	create, checkOut := runs[string(domain.CartCreate)].Run, runs[string(domain.CartCheckout)].Run
	first := engine.Call{
		ID: callID, Operation: string(domain.CartCreate), Attempt: 1, SendBefore: time.Now().Add(time.Hour),
		Body: encoded(b, domain.Body{Customer: "6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f", Lines: []domain.CartLine{{
			Number: 1, Item: "CFQ7TTC0LFLX:0001:CFQ7TTC0L4QK", Name: "Microsoft 365 E5 [SF-7K3Q2PXA]", Quantity: 2, Term: "P1Y", Cycle: "annual",
		}}}),
	}
	second := engine.Call{
		ID: callID, Operation: string(domain.CartCheckout), Attempt: 1, SendBefore: first.SendBefore,
		Body: encoded(b, domain.Body{Customer: "6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f", Cart: "5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11"}),
	}
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, ok := create(b.Context(), first).Value.(domain.CartMade); !ok || a.Cart == "" {
				b.Errorf("%+v", a)
			}
			if a, ok := checkOut(b.Context(), second).Value.(domain.CheckedOut); !ok || len(a.Orders) != 1 {
				b.Errorf("%+v", a)
			}
		}
	})
}

func encoded(b *testing.B, body domain.Body) []byte {
	b.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	return data
}
