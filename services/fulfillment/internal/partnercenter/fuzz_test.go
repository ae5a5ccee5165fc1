package partnercenter

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzDecodeAnswer feeds every decoder what a vendor might send: it must neither fail badly nor call anything Done that is
// not a whole success answer.
func FuzzDecodeAnswer(f *testing.F) {
	names := slices.Sorted(maps.Keys(decoders))
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("fixtures: %v %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		kind := slices.Index(names, fixtureKind(strings.TrimSuffix(filepath.Base(file), ".json")))
		f.Add(uint8(max(kind, 0)), 200, data)
	}
	f.Add(uint8(0), 400, []byte(`{"code":800090,"description":"no","data":[],"source":"PartnerFD"}`))
	f.Add(uint8(1), 429, []byte(`{"statusCode":429,"message":"slow"}`))
	f.Add(uint8(2), 200, []byte(`{"code":"400072","description":"\ud800"}`))
	f.Add(uint8(3), 500, []byte("<html>\x00"))
	f.Fuzz(func(t *testing.T, kind uint8, status int, body []byte) {
		name := names[int(kind)%len(names)]
		into, again := decoders[name](), decoders[name]()
		a := Answer{Status: status}
		cause := a.decide(opCheckoutCart, body, into)
		valid := json.Valid([]byte(clean(string(body))))
		if (cause == nil) != (a.Outcome == Done) {
			t.Fatalf("outcome %v with cause %v", a.Outcome, cause)
		}
		if a.Outcome == NotSent || a.Outcome == Done && (status < 200 || status > 299) {
			t.Fatalf("status %d is %v", status, a.Outcome)
		}
		if _, mayBeEmpty := into.(emptyBody); a.Outcome == Done && !valid && !mayBeEmpty {
			t.Fatalf("done with what is no document: %q", body)
		}
		if err := decodeInto(body, again); (err == nil) != valid {
			t.Fatalf("read %v, valid %v: %q", err, valid, body)
		}
		marked := Answer{Status: status}
		_ = marked.decide(opCheckoutCart, slices.Concat([]byte("\xef\xbb\xbf"), body), decoders[name]())
		if !bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) && marked.Outcome != a.Outcome {
			t.Fatalf("a byte order mark turns %v into %v", a.Outcome, marked.Outcome)
		}
	})
}
