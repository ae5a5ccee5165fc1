package partnercenter

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOddities(t *testing.T) {
	t.Parallel()
	var c Cart
	if err := decodeInto([]byte(fixture(t, "cart_line_error")), &c); err != nil {
		t.Fatal(err)
	}
	if c.Status != CartActive || len(c.Lines) != 2 || c.Lines[0].Quantity != 3 || c.Lines[1].Quantity != 3 || c.Lines[1].ID != "1" {
		t.Errorf("cart %+v", c)
	}
	if faulty := c.Faulty(); len(faulty) != 1 || faulty[0].Error.Code != "10001" || c.Lines[1].BillingCycle != "one_time" {
		t.Errorf("faulty %+v, second %+v", faulty, c.Lines[1])
	}
	var o Order
	if err := decodeInto([]byte(fixture(t, "order")), &o); err != nil {
		t.Fatal(err)
	}
	if o.Status != "a_brand_new_status" || len(o.Lines) != 1 || o.Lines[0].OfferID != "5" || o.Lines[0].Quantity != 7 || o.ETag != "abc" {
		t.Errorf("order %+v", o)
	}
	var s Subscription
	if err := decodeInto([]byte(fixture(t, "subscription")), &s); err != nil {
		t.Fatal(err)
	}
	if s.Quantity != 10 || !s.AutoRenew || !s.CommitmentEndsAt.IsZero() || s.CreatedAt.IsZero() || s.RefundableQuantity != 4 || s.ProductType != "OnlineServicesNCE" {
		t.Errorf("subscription %+v", s)
	}
}

// A subscription whose quantity is not told, or is no number of seats, has not been read: it does not have 0.
func TestQuantityIsReadOrNothingIs(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"id":"s","quantity":10}`: true, `{"id":"s","Quantity":"10"}`: true, `{"id":"s","quantity":10.0}`: true, `{"id":"s","quantity":0}`: true,
		`{"id":"s"}`: false, `{"id":"s","quantity":null}`: false, `{"id":"s","quantity":5e1}`: false, `{"id":"s","quantity":"many"}`: false,
		`{"id":"s","quantity":""}`: false, `{"id":"s","quantity":{"total":10}}`: false, `{"id":"s","quantity":10.5}`: false, `{"id":"s","quantity":-1}`: false,
	} {
		var s Subscription
		if err := decodeInto([]byte(body), &s); err != nil || s.complete() != want {
			t.Errorf("%s: error %v, complete %v", body, err, s.complete())
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2018, 3, 15, 22, 30, 2, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2018-03-15T22:30:02Z":                at,
		"2018-03-15T22:30:02":                 at,
		"2018-03-15T22:30:02.0851520Z":        at.Add(85152 * time.Microsecond),
		"2018-03-15T22:30:02.085":             at.Add(85 * time.Millisecond),
		"2018-03-15T14:30:02.093-08:00":       at.Add(93 * time.Millisecond),
		"2018-03-15T22:30:02+00:00":           at,
		"2018-03-15TT22: 30: 02Z":             at,
		"2018-03-15":                          time.Date(2018, 3, 15, 0, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:00":                 {},
		"0001-01-01T00:00:00Z":                {},
		"9999-12-10T00:00:00Z":                time.Date(9999, 12, 10, 0, 0, 0, 0, time.UTC),
		"":                                    {},
		"next week":                           {},
		"2018-03-15T22:30:02.000000001234567": at.Add(time.Nanosecond),
	} {
		if got := parseTime(text); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestSnake(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"completed": "completed", "PrefulfillmentPending": "prefulfillment_pending", "pending po upload": "pending_po_upload",
		"oneTime": "one_time", "OneTime": "one_time", "one_time": "one_time", "": "", "ABC": "abc", "po-review": "po_review",
	} {
		if got := snake(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestReaderAgreesWithEncodingJSON: what is a document and what a string says is not ours to invent.
func TestReaderAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	pieces := []string{"{", "}", "[", "]", ":", ",", `"a"`, `"id"`, `"\u00e9\n"`, `"\ud800"`, `"`, "\\", "1", "-", "0", ".5", "e3", "true", "null", "nul", " ", "\x00", "\xff", "é"}
	rapid.Check(t, func(rt *rapid.T) {
		doc := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(rt, "doc"), ""))
		r := reader{data: string(doc)}
		r.skip()
		if got, want := r.end() == nil, json.Valid(doc); got != want {
			rt.Fatalf("%q: read %v, want %v", doc, got, want)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "s")
		raw, err := json.Marshal(s)
		if err != nil {
			rt.Fatal(err)
		}
		r := reader{data: string(raw)}
		if got := r.text(); got != strings.ReplaceAll(s, "\x00", "") {
			rt.Fatalf("%q: %q", s, got)
		}
	})
}

// TestWithQuantityChangesNothingElse: a property that is dropped would be switched off at the vendor.
func TestWithQuantityChangesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc := rapid.MapOf(
			rapid.SampledFrom([]string{"id", "quantity", "a", "Links", "autoRenewEnabled"}),
			rapid.SampledFrom([]any{"x", 1.5, true, nil, map[string]any{"quantity": 7.0}, []any{1.0, "quantity"}}),
		).Draw(rt, "doc")
		before, err := json.Marshal(doc)
		if err != nil {
			rt.Fatal(err)
		}
		after, err := withProperty(string(before), "quantity", 42)
		if err != nil {
			rt.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(after, &got); err != nil {
			rt.Fatalf("%s: %v", after, err)
		}
		doc["quantity"] = 42.0
		want, _ := json.Marshal(doc)
		if again, _ := json.Marshal(got); !bytes.Equal(again, want) {
			rt.Fatalf("%s, want %s", again, want)
		}
	})
	for _, bad := range []string{"", "[]", "5", `{"quantity":`, `{} x`} {
		if _, err := withProperty(bad, "quantity", 1); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestTwins: of two names for one number, the one that is told counts, whichever comes last.
func TestTwins(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"lineItemNumber":2,"orderLineItemId":null,"status":"x"}`, `{"orderLineItemId":"","lineItemNumber":"2","status":"x"}`, `{"orderLineItemId":2,"status":"x"}`} {
		var p LineProvisioning
		var l OrderLine
		if err := decodeInto([]byte(text), &p); err != nil || p.LineNumber != 2 {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
		r := reader{data: text}
		if l.read(&r); l.Number != 2 {
			t.Errorf("%s: %+v", text, l)
		}
	}
}
