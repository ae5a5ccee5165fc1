package notification

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/letter"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// mailer words mails and hands them to the mail server: the one place where letter, smtp and domain meet.
type mailer struct {
	env           service.Env
	sender        *smtp.Sender
	from, replyTo mail.Address
	domain        string // of the Message-ID
	portal        string // base of links, without a slash at its end; empty for none
	command       string
}

func newMailer(cfg Config, env service.Env) (*mailer, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad_sender", "The sender of mails is not an address.").At("--mail-from").Because(err)
	}
	m := &mailer{env: env, from: *from, domain: cfg.messageDomain(from), portal: strings.TrimRight(cfg.Portal, "/"), command: cfg.Command}
	if cfg.ReplyTo != "" {
		reply, err := mail.ParseAddress(cfg.ReplyTo)
		if err != nil {
			return nil, fault.New(fault.Invalid, "bad_reply_to", "The address for answers is none.").At("--mail-reply-to").Because(err)
		}
		m.replyTo = *reply
	}
	m.sender, err = smtp.New(cfg.SMTP, env.Log, env.Metrics)
	return m, err
}

// check tells of a mail server that cannot be used before the first mail does. It changes nothing: mails wait.
func (m *mailer) check(ctx context.Context) {
	if err := m.sender.Check(ctx); err != nil && ctx.Err() == nil {
		m.env.Log.Warn("the mail server cannot be used; mails wait until it can", "error", err)
	}
}

// send is handlers.Send.
func (m *mailer) send(ctx context.Context, delivery string, what domain.Mail, before time.Time) domain.Outcome {
	words, err := letter.Render(kinds[what.Kind], m.facts(what))
	if err != nil {
		return domain.Outcome{Fate: domain.Refused, Error: fault.As(err).Message}
	}
	return outcome(m.sender.Send(ctx, smtp.Message{
		ID: delivery + "@" + m.domain, Date: what.At, From: m.from, To: mail.Address{Name: oneLine(what.ToName), Address: what.To},
		ReplyTo: m.replyTo, Subject: words.Subject, Text: words.Text, Order: oneLine(what.Number), SendBefore: before,
	}))
}

var kinds = map[domain.Kind]letter.Kind{
	domain.ApprovalNeeded:           letter.ApprovalNeeded,
	domain.ActionNeeded:             letter.ActionNeeded,
	domain.OrderFailed:              letter.OrderFailed,
	domain.OrderCompleted:           letter.Completed,
	domain.OrderCompletedWithErrors: letter.CompletedWithErrors,
	domain.OrderRejected:            letter.Rejected,
	domain.OrderExpired:             letter.Expired,
	domain.OrderCancelled:           letter.Cancelled,
}

// facts is what the letter of a kind may tell.
func (m *mailer) facts(what domain.Mail) letter.Facts {
	f := letter.Facts{
		Number: what.Number, ID: what.OrderID, Customer: what.Customer, Requester: what.Requester,
		Amount:  letter.Money{Amount: what.Amount, Currency: what.Currency},
		Reasons: what.Reasons, Todo: what.Todo, DecidedBy: what.DecidedBy, Lines: make([]letter.Line, len(what.Lines)),
	}
	for i, l := range what.Lines {
		f.Lines[i] = letter.Line{Product: l.Product, Result: result(&what, l)}
		if l.Change != "" {
			f.Lines[i].Change = letter.Request{
				Kind: l.Change, Product: l.Product, Quantity: int64(l.Quantity), Term: l.Term, BillingCycle: l.BillingCycle,
				Renewal: l.Renewal, Purchase: l.Purchase, PurchaseLines: l.PurchaseLines,
			}.String()
		}
	}
	if m.portal != "" {
		f.URL = m.portal + "/api/licensing/orders/" + f.Name()
	}
	switch what.Kind {
	case domain.ApprovalNeeded:
		orders := m.command + " orders "
		f.Commands = []string{orders + "approve " + f.Name(), orders + "reject " + f.Name() + ` --reason "…"`}
	case domain.ActionNeeded:
		orders := m.command + " orders "
		for _, command := range what.Commands {
			word, rest, _ := strings.Cut(command, " ")
			f.Commands = append(f.Commands, strings.TrimSpace(orders+word+" "+f.Name()+" "+rest))
		}
		f.Show = orders + "show " + f.Name()
	case domain.OrderFailed:
		orders := m.command + " orders "
		f.Error, f.Hint = what.Sentence, what.Hint
		f.Commands = []string{orders + "retry " + f.Name(), orders + "cancel " + f.Name()}
	case domain.OrderCompletedWithErrors:
		f.Error, f.Hint = what.Sentence, what.Hint
	case domain.OrderExpired, domain.OrderCancelled:
		f.Reasons = []string{what.Sentence}
	}
	return f
}

// result is what became of a line, where the letter tells of it.
func result(what *domain.Mail, l domain.Line) string {
	switch what.Kind {
	case domain.OrderFailed, domain.OrderCompletedWithErrors:
	case domain.ActionNeeded:
		if slices.Contains(what.Reasons, l.Detail) {
			l.Detail = "" // the letter tells it once, for all lines
		}
		return fate(l) + where(l)
	case domain.OrderCompleted:
		if l.Status == "fulfilled" {
			return ""
		}
	default:
		return ""
	}
	return fate(l)
}

// fate is what became of a line, and why.
func fate(l domain.Line) string {
	word := strings.ReplaceAll(l.Status, "_", " ")
	switch l.Status {
	case "fulfilled":
		return "done"
	case "unknown":
		word = "outcome unknown"
	}
	if word != "" && l.Detail != "" {
		return word + ": " + l.Detail
	}
	return word
}

// where is how Partner Center calls what the line is about.
func where(l domain.Line) string {
	var ids []string
	if l.VendorOrder != "" {
		ids = append(ids, "order "+l.VendorOrder)
	}
	if l.Subscription != "" {
		ids = append(ids, "subscription "+l.Subscription)
	}
	if len(ids) == 0 {
		return ""
	}
	return " (in Partner Center: " + strings.Join(ids, ", ") + ")"
}

var fates = map[smtp.Outcome]domain.Fate{
	smtp.Sent: domain.Taken, smtp.Refused: domain.Refused, smtp.Retry: domain.PutOff, smtp.Unknown: domain.Unclear,
}

// outcome is what an attempt's result means for the delivery.
func outcome(r smtp.Result) domain.Outcome {
	o := domain.Outcome{Fate: fates[r.Outcome]}
	if o.Fate == domain.Taken {
		return o
	}
	if f := fault.As(r.Err); f != nil {
		o.Error = f.Message
	}
	if r.Answer != "" {
		o.Error += " It said: " + r.Answer
	}
	return o
}

// oneLine leaves out what a header field must not hold; the sender would refuse the whole mail for it.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
}
