package vendorapi

import (
	"reflect"
	"testing"
)

const usualCart = `{"lineItems":[{"id":0,"catalogItemId":"CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS","friendlyName":"SF-0190-1","quantity":25,` +
	`"termDuration":"P1Y","billingCycle":"annual"}]}`

func TestTheUsualCartIsPlain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{usualCart, " {\n\t\"lineItems\" : [ { } , {\"quantity\":0} ]\r\n}\n", `{"lineItems":[]}`, `{}`} {
		if !readPlainCart([]byte(text), new(cartBody)) {
			t.Errorf("%s is left to encoding/json", text)
		}
	}
}

// FuzzPlainCart holds that what is read as plain is read as encoding/json reads it.
func FuzzPlainCart(f *testing.F) {
	for _, text := range []string{
		usualCart, `{"lineItems":[{},{"id":1,"quantity":-1}]}`, `{"lineItems":[{"quantity":1.5}]}`, `{"lineItems":[{"quantity":1e3}]}`,
		`{"lineItems":[{"quantity":01}]}`, `{"lineItems":[{"quantity":9223372036854775808}]}`, `{"lineItems":[{"quantity":"1"}]}`,
		`{"lineItems":[{"quantity":}]}`, `{"lineItems":[{"friendlyName":"\u0041"}]}`, `{"lineItems":[{"friendlyName":"ü"}]}`,
		"{\"lineItems\":[{\"friendlyName\":\"a\nb\"}]}", `{"lineItems":[{"friendlyName":null}]}`, `{"LineItems":[{"Quantity":1}]}`,
		`{"lineItems":[{"quantity":1,"quantity":2}],"lineItems":[{}]}`, `{"lineItems":null}`, `{"lineItems":[{}],}`, `{"lineItems":[{},]}`,
		`{"lineItems":[{"quantity":1,}]}`, `{"lineItems":[{"a":1}]}`, `{"lineItems":[`, `{"lineItems":[{"friendlyName":"x`, `{} {}`, `[]`, ``,
		"\xef\xbb\xbf{}", `{"lineItems":[{"participants":[{"key":"transaction_reseller","value":"1"}],"promotionId":"x"}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var plain, full cartBody
		if !readPlainCart(text, &plain) {
			return
		}
		if decode(text, &full) != nil {
			t.Fatalf("%q is no JSON", text)
		}
		if len(plain.LineItems) != len(full.LineItems) || len(full.LineItems) > 0 && !reflect.DeepEqual(plain, full) {
			t.Errorf("%q is %+v, want %+v", text, plain, full)
		}
	})
}
