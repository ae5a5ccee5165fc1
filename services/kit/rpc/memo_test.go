package rpc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	var m memo[string, int]
	for i := range 3 * memoEntries {
		m.put(strconv.Itoa(i), i, 1)
		if v, ok := m.get(strconv.Itoa(i)); !ok || v != i {
			t.Fatalf("%d is remembered as %d, %v", i, v, ok)
		}
		if len(m.entries) > memoEntries {
			t.Fatalf("holds %d", len(m.entries))
		}
	}
	m.put("long", 1, memoText+1)
	if _, ok := m.get("long"); ok {
		t.Error("a long one is kept")
	}
}

// TestCallersAreToldApart: what was remembered of one caller is never taken for another, the first time or later.
func TestCallersAreToldApart(t *testing.T) {
	t.Parallel()
	var e encoder
	var d decoder
	callers := []Caller{
		{Issuer: "i", Subject: "john", Role: 1}, {Issuer: "i", Subject: "john", Role: 2}, {Issuer: "i", Subject: "john", Role: 1, Tenant: "t"},
		{Issuer: "j", Subject: "john", Role: 1}, {Issuer: "i", Subject: "long", Name: strings.Repeat("x", memoText)},
	}
	for range 3 {
		for _, c := range callers {
			h, err := e.meta(Meta{Caller: c, Key: "k"})
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.meta(h)
			if err != nil || m.Caller != c || m.Key != "k" {
				t.Errorf("%+v arrives as %+v: %v", c, m, err)
			}
		}
		for _, bad := range []string{"", "{}", "null", `{"sub":""}`, `{"sub":"john"`} {
			if m, err := d.meta(nats.Header{hdrCaller: {bad}}); err == nil {
				t.Errorf("%q is the caller %+v", bad, m.Caller)
			}
		}
	}
}
