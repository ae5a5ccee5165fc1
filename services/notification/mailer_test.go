package notification

import (
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/letter"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// fabrikam is the facts of an order of which one line was bought and one failed.
func fabrikam(k domain.Kind) domain.Mail {
	return domain.Mail{
		Kind: k, To: "john@example.com", OrderID: "0190a6b2-9c1e-7c55-8b7a-1f1e1d1c1b1a", Number: "ORD-2026-00149", Customer: "Fabrikam Inc",
		Requester: "John Smith", Amount: "1000.00", Currency: "USD", Sentence: "1 of 2 lines failed.", Hint: "Retry it.",
		Reasons: []string{"First order."}, DecidedBy: "Ann Lee", Todo: []string{"Upload the purchase order."}, Commands: []string{"settle --line 1 --changed"},
		Lines: []domain.Line{
			{Product: "Power BI Pro", Change: "add_seats", Quantity: 10, Status: "failed", Detail: "Subscription not found.",
				VendorOrder: "Xq1v", Subscription: "c0a8"},
			{Product: "Visio", Change: "new_subscription", Quantity: 1, Status: "fulfilled"},
			{Product: "Project", Change: "new_subscription", Quantity: 2, Status: "cancelled"},
		},
	}
}

func TestLetterOfEachKind(t *testing.T) {
	t.Parallel()
	m := &mailer{portal: "https://seatflow.example.com", command: "seatflow"}
	for kind, tt := range map[domain.Kind]struct{ with, without []string }{
		domain.ApprovalNeeded: {
			with:    []string{"First order.", "seatflow orders approve ORD-2026-00149", "seatflow orders reject ORD-2026-00149"},
			without: []string{"Retry it.", "done", "failed"},
		},
		domain.ActionNeeded: {
			with: []string{
				"- First order.", "- Upload the purchase order.", "Then type:", "seatflow orders settle ORD-2026-00149 --line 1 --changed", "seatflow orders show ORD-2026-00149",
				"failed: Subscription not found. (in Partner Center: order Xq1v, subscription c0a8)", "– done", "– cancelled",
			},
			without: []string{"orders approve", "orders cancel", "Retry it.", "1 of 2 lines failed."},
		},
		domain.OrderFailed: {
			with:    []string{"1 of 2 lines failed.", "Retry it.", "failed: Subscription not found.", "– done", "seatflow orders retry ORD-2026-00149"},
			without: []string{"orders approve"},
		},
		domain.OrderCompleted:           {with: []string{"– cancelled"}, without: []string{"– done", "orders retry", "Retry it."}},
		domain.OrderCompletedWithErrors: {with: []string{"1 of 2 lines failed.", "– done", "– cancelled"}, without: []string{"orders retry"}},
		domain.OrderRejected:            {with: []string{"rejected by Ann Lee", "First order."}, without: []string{"– done", "orders approve"}},
		domain.OrderExpired:             {with: []string{"1 of 2 lines failed."}, without: []string{"– done"}},
		domain.OrderCancelled:           {with: []string{"1 of 2 lines failed."}, without: []string{"– done"}},
	} {
		got, err := letter.Render(kinds[kind], m.facts(fabrikam(kind)))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range append(tt.with, "Fabrikam Inc", "John Smith", "USD 1,000.00", "Power BI Pro: +10 seats",
			"https://seatflow.example.com/api/licensing/orders/ORD-2026-00149") {
			if !strings.Contains(got.Text, want) {
				t.Errorf("%s does not tell %q:\n%s", kind, want, got.Text)
			}
		}
		for _, not := range tt.without {
			if strings.Contains(got.Text, not) {
				t.Errorf("%s tells %q:\n%s", kind, not, got.Text)
			}
		}
	}
	asks := fabrikam(domain.ActionNeeded)
	asks.Lines[0].Status, asks.Reasons = "unknown", []string{"Subscription not found."}
	if got := result(&asks, asks.Lines[0]); got != "outcome unknown (in Partner Center: order Xq1v, subscription c0a8)" {
		t.Errorf("what the letter tells once anyway is told of the line: %q", got)
	}
	for _, k := range domain.Kinds {
		if kinds[k] == 0 {
			t.Errorf("%s has no letter", k)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	refused := fault.New(fault.Conflict, "mail_refused", "The mail server refused the mail.")
	for name, tt := range map[string]struct {
		in   smtp.Result
		want domain.Outcome
	}{
		"sent":    {smtp.Result{Outcome: smtp.Sent, Code: 250, Answer: "queued"}, domain.Outcome{Fate: domain.Taken}},
		"refused": {smtp.Result{Outcome: smtp.Refused, Code: 550, Answer: "no such user", Err: refused}, domain.Outcome{Fate: domain.Refused, Error: "The mail server refused the mail. It said: no such user"}},
		"retry":   {smtp.Result{Outcome: smtp.Retry, Err: refused}, domain.Outcome{Fate: domain.PutOff, Error: "The mail server refused the mail."}},
		"unknown": {smtp.Result{Outcome: smtp.Unknown, Err: refused}, domain.Outcome{Fate: domain.Unclear, Error: "The mail server refused the mail."}},
	} {
		if got := outcome(tt.in); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	if got := oneLine("Emily\r\nBcc: x\x00\x7f\u0085 Chen Ünal"); got != "EmilyBcc: x Chen Ünal" {
		t.Errorf("oneLine: %q", got)
	}
}
