package letter_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/letter"
)

var update = flag.Bool("update", false, "write the golden files anew")

var kinds = []letter.Kind{
	letter.ApprovalNeeded, letter.ActionNeeded, letter.OrderFailed, letter.Completed, letter.CompletedWithErrors,
	letter.Rejected, letter.Cancelled, letter.Expired,
}

// contoso is the known page's first order.
func contoso() letter.Facts {
	return letter.Facts{
		Number: "ORD-2026-00148", ID: "0190aaaa-0000-7000-8000-000000000001", Customer: "Contoso Corp",
		Lines:     []letter.Line{{Product: "Microsoft 365 E5", Change: asked("new_subscription", "Microsoft 365 E5", 25)}},
		Amount:    letter.Money{Amount: "14250.00", Currency: "USD"},
		Requester: "Emily Chen (emily.chen@partner.example)",
		URL:       "http://127.0.0.1:8080/api/licensing/orders/ORD-2026-00148",
	}
}

// examples gives each kind facts as notification would.
func examples() map[letter.Kind]letter.Facts {
	held, failed, done, part, rejected, cancelled, expired := contoso(), contoso(), contoso(), contoso(), contoso(), contoso(), contoso()
	held.Reasons = []string{"The amount of USD 14,250.00 exceeds 10,000.", "This is the customer's first order."}
	held.Commands = []string{"bin/seatflow orders approve ORD-2026-00148", `bin/seatflow orders reject ORD-2026-00148 --reason "…"`}
	doubted := contoso()
	doubted.Lines[0].Result = "outcome unknown"
	doubted.Reasons = []string{"Partner Center says that cart 8f2b1c7a was submitted, but not what came of it. Nothing is bought again."}
	doubted.Todo = []string{"An admin of the partner has to look in Partner Center for an order, or a subscription whose name ends with " +
		"[SF-7K3Q2PXA], and then to settle the line: bought, as which order, or not bought."}
	doubted.Commands = []string{
		`bin/seatflow orders settle ORD-2026-00148 --line 1 --bought <Partner Center's order> --note "<who says so, and from what>"`,
		`bin/seatflow orders settle ORD-2026-00148 --line 1 --not-bought --note "<who says so, and from what>"`,
	}
	doubted.Show = "bin/seatflow orders show ORD-2026-00148"
	failed.Customer, failed.Requester, failed.Amount.Amount = "Fabrikam Inc", "John Smith", "1000.00"
	failed.Lines = []letter.Line{{Product: "Power BI Pro", Change: asked("add_seats", "Power BI Pro", 10)}}
	failed.Error = "Subscription not found: Partner Center does not know the subscription that the order names."
	failed.Hint = "Look up the customer's subscriptions in Partner Center, then retry or cancel the order."
	failed.Commands = []string{"bin/seatflow orders retry ORD-2026-00148", "bin/seatflow orders cancel ORD-2026-00148"}
	done.DecidedBy = "John Smith"
	part.Lines = []letter.Line{
		{Change: asked("new_subscription", "Microsoft 365 E5", 25), Result: "done"},
		{Change: asked("remove_seats", "Power BI Pro", 1), Result: "failed: the vendor allows no reduction now"},
	}
	part.Error, part.Hint = "One of two lines failed.", "An admin was told and can retry it."
	rejected.DecidedBy, rejected.Reasons = "John Smith", []string{"Contoso has 30 unused licences."}
	cancelled.DecidedBy, cancelled.Reasons = "Emily Chen", []string{"Ordered by mistake."}
	expired.Reasons = []string{"No decision for 30 days."}
	return map[letter.Kind]letter.Facts{
		letter.ApprovalNeeded: held, letter.ActionNeeded: doubted, letter.OrderFailed: failed, letter.Completed: done, letter.CompletedWithErrors: part,
		letter.Rejected: rejected, letter.Cancelled: cancelled, letter.Expired: expired,
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for kind, facts := range examples() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			golden(t, kind.String(), kind, facts)
		})
		t.Run(kind.String()+" of bare facts", func(t *testing.T) {
			t.Parallel()
			golden(t, kind.String()+"_bare", kind, letter.Facts{Number: "ORD-2026-00148"})
		})
	}
}

// TestLetterThatNeedsNoCommand: once people have acted elsewhere, Seatflow goes on by itself.
func TestLetterThatNeedsNoCommand(t *testing.T) {
	t.Parallel()
	f := contoso()
	f.Lines = append(f.Lines, letter.Line{Change: asked("add_seats", "Visio", 3), Result: "provisioning (in Partner Center: subscription c0a80101)"})
	f.Lines[0].Result = "provisioning (in Partner Center: order Xq1vWvKtJ2xS)"
	f.Reasons = []string{"Partner Center: Microsoft wants the customer's purchase order.", "Partner Center has accepted the line, but Seatflow cannot read how far it is."}
	f.Todo = []string{"Upload the customer's purchase order in Partner Center.", "An admin of the partner has to look at subscription c0a80101 in Partner Center."}
	f.Show = "bin/seatflow orders show ORD-2026-00148"
	golden(t, "action_needed_elsewhere", letter.ActionNeeded, f)
}

func golden(t *testing.T, name string, kind letter.Kind, facts letter.Facts) {
	t.Helper()
	got, err := letter.Render(kind, facts)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".golden")
	whole := "Subject: " + got.Subject + "\n\n" + got.Text
	if *update {
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), whole); diff != "" {
		t.Errorf("the letter differs from %s (run with -update if that is meant):\n%s", path, diff)
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	for _, k := range []letter.Kind{0, 200} {
		if _, err := letter.Render(k, contoso()); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("kind %d: %v", k, err)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[letter.Money]string{
		{Amount: "14250.00", Currency: "USD"}:     "USD 14,250.00",
		{Amount: "660.00", Currency: "USD"}:       "USD 660.00",
		{Amount: "1000.5", Currency: "EUR"}:       "EUR 1,000.50",
		{Amount: "1234567.1234", Currency: "CHF"}: "CHF 1,234,567.1234",
		{Amount: "100000", Currency: "JPY"}:       "JPY 100,000",
		{Amount: "-1000.00", Currency: "USD"}:     "USD -1,000.00",
		{Amount: "0.00", Currency: "USD"}:         "USD 0.00",
		{Amount: "12.50"}:                         "12.50",
		{Currency: "USD"}:                         "",
		{Amount: "1e9", Currency: "USD"}:          "USD 1e9",
		{Amount: "1000.", Currency: "USD"}:        "USD 1000.",
	} {
		if got := in.String(); got != want {
			t.Errorf("%+v: %q, want %q", in, got, want)
		}
	}
}

// asked is a request for seats in words.
func asked(kind, product string, quantity int64) string {
	return letter.Request{Kind: kind, Product: product, Quantity: quantity}.String()
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]letter.Request{
		"10 × P (new)": {Kind: "new_subscription", Quantity: 10}, "P: +10 seats": {Kind: "add_seats", Quantity: 10},
		"P: −10 seats": {Kind: "remove_seats", Quantity: 10}, "10 × P (add-on)": {Kind: "add_on", Quantity: 10},
		"P: suspend the subscription": {Kind: "suspend"}, "P: reactivate the subscription": {Kind: "reactivate"},
		"P: cancel the subscription": {Kind: "cancel_subscription"}, "P: cancel the purchase": {Kind: "cancel_purchase"},
		"P: cancel the purchase Xq1v":                    {Kind: "cancel_purchase", Purchase: "Xq1v"},
		"P: cancel the purchase Xq1v, its lines 0, 2":    {Kind: "cancel_purchase", Purchase: "Xq1v", PurchaseLines: "0, 2"},
		"P: change automatic renewal":                    {Kind: "set_auto_renew"}, // of a mail that an earlier version stored
		"P: switch automatic renewal on":                 {Kind: "set_auto_renew", Renewal: "on"},
		"P: switch automatic renewal off":                {Kind: "set_auto_renew", Renewal: "off"},
		"P: change the term or billing cycle":            {Kind: "change_term"},
		"P: change the term to one year":                 {Kind: "change_term", Term: "P1Y"},
		"P: change the billing to one time":              {Kind: "change_term", BillingCycle: "one_time"},
		"P: change the term to P9Y and the billing to x": {Kind: "change_term", Term: "P9Y", BillingCycle: "x"},
		"all seats to P":                                 {Kind: "change_product"},
		"1 seat to P":                                    {Kind: "change_product", Quantity: 1},
		"10 seats to P, with the term to three years":    {Kind: "change_product", Quantity: 10, Term: "P3Y"},
		"P: change the price":                            {Kind: "change_markup"}, "P: from a later version": {Kind: "from_a_later_version"},
		"P: +1 seat": {Kind: "add_seats", Quantity: 1},
	} {
		r.Product = "P"
		if got := r.String(); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}

// TestLetterOfEveryChange: an admin who is to decide reads what each kind of change would do.
func TestLetterOfEveryChange(t *testing.T) {
	t.Parallel()
	const e5, teams = "Microsoft 365 E5", "Teams Phone"
	f := contoso()
	f.Lines = nil
	for _, r := range []letter.Request{
		{Kind: "new_subscription", Product: e5, Quantity: 25}, {Kind: "add_on", Product: teams, Quantity: 25},
		{Kind: "add_seats", Product: e5, Quantity: 5}, {Kind: "remove_seats", Product: e5, Quantity: 1},
		{Kind: "suspend", Product: e5}, {Kind: "reactivate", Product: e5}, {Kind: "cancel_subscription", Product: teams},
		{Kind: "cancel_purchase", Product: "SQL Server 2022", Purchase: "Xq1vWvKtJ2xS", PurchaseLines: "0, 2"},
		{Kind: "set_auto_renew", Product: e5, Renewal: "off"}, {Kind: "change_term", Product: e5, Term: "P1Y", BillingCycle: "monthly"},
		{Kind: "change_product", Product: e5, Quantity: 10}, {Kind: "change_product", Product: e5, Term: "P3Y", BillingCycle: "annual"},
	} {
		f.Lines = append(f.Lines, letter.Line{Product: r.Product, Change: r.String()})
	}
	f.Reasons = []string{"Line 11 (Microsoft 365 E5) has a price for all seats of a subscription, however many there are, so the amount must be reviewed by an admin."}
	golden(t, "approval_needed_of_every_change", letter.ApprovalNeeded, f)
}

func TestManyLinesAreCut(t *testing.T) {
	t.Parallel()
	f := contoso()
	for range 70 {
		f.Lines = append(f.Lines, letter.Line{Product: "Visio"})
	}
	got, err := letter.Render(letter.Completed, f)
	if err != nil || !strings.Contains(got.Text, "- and 21 more\n") || strings.Count(got.Text, "Visio") != 49 {
		t.Errorf("%v\n%s", err, got.Text)
	}
}

// TestNoFactForgesALine: whatever the facts say, the letter has as many lines as with harmless facts, and no control
// character but the line's end.
func TestNoFactForgesALine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
		evil := "x" + rapid.OneOf(rapid.String(), rapid.StringMatching("[a\r\n\u2028\u202e\x1b ]{0,40}"), rapid.StringN(2000, 4000, -1)).Draw(rt, "fact")
		fill := func(s string) letter.Facts {
			return letter.Facts{
				Number: s, ID: s, Customer: s, Requester: s, Reasons: []string{s}, Error: s, Hint: s, DecidedBy: s, URL: s,
				Commands: []string{s}, Todo: []string{s}, Show: s, Amount: letter.Money{Amount: s, Currency: s}, Lines: []letter.Line{{Product: s, Change: s, Result: s}},
			}
		}
		got, err := letter.Render(kind, fill(evil))
		if err != nil {
			rt.Fatal(err)
		}
		plain, err := letter.Render(kind, fill("x"))
		if err != nil {
			rt.Fatal(err)
		}
		if a, b := strings.Count(got.Text, "\n"), strings.Count(plain.Text, "\n"); a != b {
			rt.Fatalf("%d lines, want %d:\n%s", a, b, got.Text)
		}
		if strings.ContainsFunc(strings.ReplaceAll(got.Subject+got.Text, "\n", ""), unicode.IsControl) || strings.Contains(got.Subject, "\n") {
			rt.Fatalf("control character in %q", got)
		}
		if n := len([]rune(got.Subject)); n > 200 {
			rt.Fatalf("subject of %d characters", n)
		}
	})
}
