package domain

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

const (
	unknown      = orderv1.LineStatus_LINE_STATUS_UNKNOWN
	provisioning = orderv1.LineStatus_LINE_STATUS_PROVISIONING
	failed       = orderv1.LineStatus_LINE_STATUS_FAILED
)

// seen is a line's view; minute is since when it needs somebody, 0 for a sender that does not say.
func seen(s orderv1.LineStatus, code string, minute int) *orderv1.LineView {
	l := &orderv1.LineView{Status: s, Code: code, Detail: "What is known.", Hint: "What to do."}
	if minute > 0 {
		l.NeedsPersonSince = timestamppb.New(start.Add(time.Duration(minute) * time.Minute))
	}
	return l
}

func viewOf(lines ...*orderv1.LineView) *orderv1.View { return &orderv1.View{Lines: lines} }

func TestNeed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		view *orderv1.View
		want string
	}{
		"no view":                    {nil, ""},
		"no line":                    {viewOf(), ""},
		"Seatflow looks itself":      {viewOf(seen(unknown, "vendor_timeout", 0)), ""},
		"looked at again":            {viewOf(seen(unknown, "looked_at_again", 0)), ""},
		"the vendor reviews":         {viewOf(seen(provisioning, "vendor_review", 0), seen(provisioning, "purchase_order_in_review", 0)), ""},
		"the vendor is busy":         {viewOf(seen(orderv1.LineStatus_LINE_STATUS_IN_FLIGHT, "subscription_busy", 0)), ""},
		"a cart without an end":      {viewOf(seen(unknown, "purchase_untold", 0)), "need purchase_untold"},
		"a cart that cannot be seen": {viewOf(seen(unknown, "purchase_unclear", 0)), "need purchase_unclear"},
		"a purchase order":           {viewOf(seen(provisioning, "purchase_order_needed", 0)), "need purchase_order_needed"},
		"unreadable":                 {viewOf(seen(provisioning, "state_unreadable", 0)), "need state_unreadable"},
		"slow":                       {viewOf(seen(provisioning, "vendor_slow", 0)), "need vendor_slow"},
		"any code, since a time":     {viewOf(seen(unknown, "vendor_access_denied", 7)), "need vendor_access_denied@2026-03-01T09:07:00Z"},
		"no code, since a time":      {viewOf(seen(99, "", 7)), "need @2026-03-01T09:07:00Z"},
		"lines of one cart":          {viewOf(seen(unknown, "purchase_untold", 7), seen(unknown, "purchase_untold", 7)), "need purchase_untold@2026-03-01T09:07:00Z"},
		"two needs": {viewOf(seen(provisioning, "vendor_slow", 9), seen(unknown, "vendor_timeout", 0), seen(unknown, "purchase_untold", 7)),
			"need purchase_untold@2026-03-01T09:07:00Z vendor_slow@2026-03-01T09:09:00Z"},
		"ended all the same": {viewOf(seen(failed, "vendor_access_denied", 7), seen(failed, "purchase_untold", 0),
			seen(orderv1.LineStatus_LINE_STATUS_FULFILLED, "vendor_slow", 7), seen(orderv1.LineStatus_LINE_STATUS_CANCELLED, "vendor_slow", 7),
			seen(orderv1.LineStatus_LINE_STATUS_UNFULFILLED, "vendor_slow", 7)), ""},
	} {
		if got := Need(tt.view); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestCommands: what became of a line is said of those that somebody had to find that out of, and of no other.
func TestCommands(t *testing.T) {
	t.Parallel()
	o := &orderv1.Order{Lines: []*orderv1.Line{
		{Number: 1, Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{}}}, {Number: 2, Change: &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{}}},
		{Number: 3, Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{}}},
	}}
	lines := func(s orderv1.LineStatus, codes ...string) *orderv1.View {
		v := &orderv1.View{}
		for i, code := range codes {
			l := seen(s, code, 0)
			l.Number = int32(i + 1)
			v.Lines = append(v.Lines, l)
		}
		return v
	}
	const note = ` --note "<who says so, and from what>"`
	for name, tt := range map[string]struct {
		view *orderv1.View
		want []string
	}{
		"two purchases": {lines(unknown, "purchase_untold", "purchase_untold", "vendor_timeout"),
			[]string{"settle --line 1,2 --bought <Partner Center's order>" + note, "settle --line 1,2 --not-bought" + note}},
		"a change": {lines(unknown, "vendor_timeout", "vendor_timeout", "purchase_unclear"),
			[]string{"settle --line 3 --changed" + note, "settle --line 3 --not-changed" + note}},
		"bought, and slow":      {lines(provisioning, "vendor_slow"), nil},
		"Seatflow looks itself": {lines(unknown, "vendor_timeout"), nil},
	} {
		if got := Commands(o, tt.view); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestOneNeedHasOneName: the order of lines and the words about them make no other need, another code or time does.
func TestOneNeedHasOneName(t *testing.T) {
	t.Parallel()
	line := rapid.Custom(func(t *rapid.T) *orderv1.LineView {
		return seen(rapid.SampledFrom([]orderv1.LineStatus{unknown, provisioning, failed}).Draw(t, "status"),
			rapid.SampledFrom([]string{"vendor_slow", "purchase_untold", "vendor_timeout", ""}).Draw(t, "code"), rapid.IntRange(0, 2).Draw(t, "minute"))
	})
	asked := func(v *orderv1.View) map[string]bool {
		all := map[string]bool{}
		for _, l := range v.GetLines() {
			if NeedsPerson(l) {
				all[l.GetCode()+l.GetNeedsPersonSince().String()] = true
			}
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		v := viewOf(rapid.SliceOfN(line, 0, 4).Draw(t, "lines")...)
		shuffled := viewOf(rapid.Permutation(v.GetLines()).Draw(t, "shuffled")...)
		for i, l := range shuffled.Lines {
			shuffled.Lines[i] = seen(l.GetStatus(), l.GetCode(), 0)
			shuffled.Lines[i].NeedsPersonSince = l.GetNeedsPersonSince()
			shuffled.Lines[i].Detail, shuffled.Lines[i].VendorOrderId = "Request 4711.", "another"
		}
		if Need(v) != Need(shuffled) {
			t.Fatalf("%v and %v are two needs: %q and %q", v, shuffled, Need(v), Need(shuffled))
		}
		other := viewOf(rapid.SliceOfN(line, 0, 4).Draw(t, "others")...)
		if a, b := asked(v), asked(other); (Need(v) == Need(other)) != (len(a) == len(b) && len(both(a, b)) == len(a)) {
			t.Fatalf("%v and %v: %q and %q", a, b, Need(v), Need(other))
		}
		if (Need(v) == "") != (len(asked(v)) == 0) {
			t.Fatalf("%v is told as %q", asked(v), Need(v))
		}
	})
}

// both is what two sets share.
func both(a, b map[string]bool) []string {
	var out []string
	for k := range a {
		if b[k] {
			out = append(out, k)
		}
	}
	return out
}
