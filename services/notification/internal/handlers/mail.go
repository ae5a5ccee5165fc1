package handlers

import (
	"cmp"
	"slices"
	"strings"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// mailOf takes from an event what its mail tells one recipient.
func mailOf(t *engine.Turn, n domain.Notice) domain.Mail {
	ev := t.Body.(status)
	o, v := ev.GetOrder(), ev.GetView()
	m := domain.Mail{
		Kind: n.Kind, To: n.To.Address, ToName: n.To.Name, At: t.Now,
		OrderID: t.Meta.Order, Number: o.GetNumber(), Customer: o.GetCustomer().GetName(), Requester: requester(o),
		Amount: o.GetAmount().GetAmount(), Currency: o.GetAmount().GetCurrency(),
		Sentence: v.GetSentence(), Hint: v.GetHint(), Lines: lines(o, v),
	}
	if n.Kind == domain.ActionNeeded {
		ask(&m, o, v)
	}
	switch ev := ev.(type) {
	case *eventv1.ApprovalRequested:
		for _, r := range ev.GetReasons() {
			m.Reasons = append(m.Reasons, r.GetSentence())
		}
	case *eventv1.ApprovalRejected:
		m.DecidedBy = cmp.Or(ev.GetDecision().GetBy().GetName(), ev.GetDecision().GetBy().GetEmail())
		if note := ev.GetDecision().GetNote(); note != "" {
			m.Reasons = []string{note}
		}
	}
	return m
}

// ask puts in what is known of the lines that need somebody, what to do about them and where: each sentence once, since the
// lines of one purchase share theirs.
func ask(m *domain.Mail, o *orderv1.Order, v *orderv1.View) {
	m.Commands = domain.Commands(o, v)
	for i, l := range o.GetLines() {
		for _, seen := range v.GetLines() {
			if seen.GetNumber() != l.GetNumber() || !domain.NeedsPerson(seen) {
				continue
			}
			m.Lines[i].VendorOrder, m.Lines[i].Subscription = seen.GetVendorOrderId(), seen.GetVendorSubscriptionId()
			m.Reasons = once(m.Reasons, seen.GetDetail())
			m.Todo = once(m.Todo, seen.GetHint())
		}
	}
}

// once adds a text that is not there yet.
func once(texts []string, text string) []string {
	if text == "" || slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

// requester is who asked for an order and, if that is somebody else, for whom.
func requester(o *orderv1.Order) string {
	by, whom := named(o.GetRequester()), named(o.GetOnBehalfOf())
	switch {
	case by == "" || by == whom:
		return whom
	case whom == "":
		return by
	default:
		return by + ", for " + whom
	}
}

// named is how a mail calls a person.
func named(p *orderv1.Person) string {
	name, email := cmp.Or(p.GetName(), p.GetSubject()), p.GetEmail()
	switch {
	case email == "" || p.GetName() == email:
		return name
	case p.GetName() == "":
		return email
	default:
		return name + " (" + email + ")"
	}
}

// lines puts what was asked for and what became of it together. Lines of the view that the order does not have are left out.
func lines(o *orderv1.Order, v *orderv1.View) []domain.Line {
	out := make([]domain.Line, len(o.GetLines()))
	for i, l := range o.GetLines() {
		out[i].Product = l.GetProduct()
		request(&out[i], l)
		for _, seen := range v.GetLines() {
			if seen.GetNumber() == l.GetNumber() {
				out[i].Status, out[i].Detail = lineWord(seen.GetStatus()), seen.GetDetail()
				break
			}
		}
	}
	return out
}

// lineWord is a line's status as programs write it, such as "fulfilled". One of a newer contract has no word.
func lineWord(s orderv1.LineStatus) string {
	if s == orderv1.LineStatus_LINE_STATUS_FULFILLED {
		return "fulfilled" // nearly every line
	}
	word, ok := strings.CutPrefix(s.String(), "LINE_STATUS_")
	if !ok || s == orderv1.LineStatus_LINE_STATUS_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(word)
}
