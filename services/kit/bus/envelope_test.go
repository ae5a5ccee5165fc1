package bus_test

import (
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// heads draws envelopes as the engine makes them, with ids of any printable text.
func heads() *rapid.Generator[bus.Head] {
	return rapid.Custom(func(t *rapid.T) bus.Head {
		text := rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.Zs, unicode.S))
		return bus.Head{
			ID: text.Draw(t, "id"), Subject: text.Draw(t, "subject"), Source: "intake", Type: "seatflow.order.submitted.v1",
			Sequence:    rapid.Int64Range(0, 9_999_999_999).Draw(t, "sequence"),
			Time:        time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC(),
			Traceparent: rapid.SampledFrom([]string{"", parent}).Draw(t, "traceparent"),
		}
	})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := heads().Draw(t, "head")
		h := want.Header()
		if got := bus.ParseHead(h); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if !reflect.DeepEqual(h, want.Header()) {
			t.Fatal("a repeat is not the same")
		}
		if h.Get("Nats-Msg-Id") != h.Get("ce-id") || h.Get("ce-id") != bus.MsgID(want.ID) {
			t.Fatalf("the broker's id is %q, the event's %q", h.Get("Nats-Msg-Id"), h.Get("ce-id"))
		}
		for name, v := range h {
			if len(v) != 1 || strings.ContainsFunc(v[0], func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
				t.Fatalf("the binding forbids %s: %q", name, v)
			}
			if plain, err := url.PathUnescape(v[0]); err != nil || !strings.Contains(v[0], "%") && plain != v[0] {
				t.Fatalf("%s cannot be decoded: %q", name, v)
			}
		}
	})
}

// TestThroughTheBroker: what the codec makes is what arrives.
func TestThroughTheBroker(t *testing.T) {
	t.Parallel()
	nc := natstest.Start(t, natstest.Options{}).Connect()
	sub, err := nc.SubscribeSync("x")
	if err != nil {
		t.Fatal(err)
	}
	want := bus.Head{
		ID: `PO "4711" 100% – Ünï`, Source: "intake", Type: "t", Subject: "s t", Sequence: 7, Time: time.Unix(1, 123456000).UTC(), Traceparent: parent,
	}
	if err := nc.PublishMsg(&nats.Msg{Subject: "x", Header: want.Header()}); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsgWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := bus.ParseHead(m.Header); got != want || !maps.EqualFunc(m.Header, want.Header(), func(a, b []string) bool { return a[0] == b[0] }) {
		t.Errorf("sent %+v\ngot  %+v", want, got)
	}
}

func TestEncoding(t *testing.T) {
	t.Parallel()
	for plain, want := range map[string]string{
		"":            "",
		"a.b-c_d~!":   "a.b-c_d~!",
		"a b":         "a%20b",
		`"`:           "%22",
		"100%":        "100%25",
		"%20":         "%2520",
		"ä":           "%C3%A4",
		"€":           "%E2%82%AC",
		"\U0001F600":  "%F0%9F%98%80",
		"a\r\nb: c":   "a%0D%0Ab:%20c",
		"\x7f":        "%7F",
		"a+b":         "a+b",
		"\x00":        "%00",
		"\xff":        "%FF",
		"{[(<@>)]}\\": "{[(<@>)]}\\",
	} {
		if got := bus.MsgID(plain); got != want {
			t.Errorf("%q is encoded as %q, want %q", plain, got, want)
		}
	}
}

func TestSequenceSortsAsText(t *testing.T) {
	t.Parallel()
	if a, b := bus.Sequence(9), bus.Sequence(10); a != "0000000009" || a >= b {
		t.Errorf("%s, %s", a, b)
	}
}

// TestHostileHeaders: what makes no sense is left out, and nothing is given out that a database or a log cannot hold.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := nats.Header{}
		for _, name := range []string{"ce-id", "ce-source", "ce-type", "ce-subject", "ce-sequence", "ce-time", "traceparent", "Nats-Msg-Id"} {
			values := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 2).Draw(t, name)
			h[name] = nil
			for _, v := range values {
				h[name] = append(h[name], string(v))
			}
		}
		got := bus.ParseHead(h)
		for _, s := range []string{got.ID, got.Source, got.Type, got.Subject, got.Traceparent} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q was given out", s)
			}
		}
		if got.Sequence < 0 {
			t.Fatalf("the sequence is %d", got.Sequence)
		}
	})
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		h    nats.Header
		want bus.Head
	}{
		"nothing":               {nil, bus.Head{}},
		"empty values":          {nats.Header{"ce-id": {}, "ce-sequence": {""}}, bus.Head{}},
		"another spelling":      {nats.Header{"Ce-Id": {"x"}}, bus.Head{}},
		"a negative sequence":   {nats.Header{"ce-sequence": {"-1"}}, bus.Head{}},
		"an endless sequence":   {nats.Header{"ce-sequence": {"99999999999999999999"}}, bus.Head{}},
		"no number":             {nats.Header{"ce-sequence": {"1e3"}}, bus.Head{}},
		"a nul":                 {nats.Header{"ce-subject": {"a%00b"}}, bus.Head{Subject: "a\uFFFDb"}},
		"a newline":             {nats.Header{"ce-id": {"a%0d%0aX: y"}}, bus.Head{ID: "a\uFFFD\uFFFDX: y"}},
		"a broken byte":         {nats.Header{"ce-id": {"a%ffb"}}, bus.Head{ID: "a\uFFFDb"}},
		"a broken escape":       {nats.Header{"ce-id": {"100%"}}, bus.Head{ID: "100%"}},
		"no time":               {nats.Header{"ce-time": {"yesterday"}}, bus.Head{}},
		"a trace":               {nats.Header{"traceparent": {parent}}, bus.Head{Traceparent: parent}},
		"a trace of a megabyte": {nats.Header{"traceparent": {strings.Repeat("0", 1<<20)}}, bus.Head{}},
		"a trace in capitals":   {nats.Header{"traceparent": {strings.ToUpper(parent)}}, bus.Head{}},
		"a trace gone wrong":    {nats.Header{"traceparent": {strings.Replace(parent, "0af", "-af", 1)}}, bus.Head{}},
		"a forbidden version":   {nats.Header{"traceparent": {"ff" + parent[2:]}}, bus.Head{}},
	} {
		if got := bus.ParseHead(c.h); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
