package handlers

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// encodeMail makes a call's body of a mail's facts.
func encodeMail(m domain.Mail) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fault.New(fault.Invalid, "mail_not_stored", "The facts of the mail cannot be stored.").Because(err)
	}
	return body, nil
}

func decodeMail(body []byte) (m domain.Mail, err error) {
	err = json.Unmarshal(body, &m)
	return m, err
}

// mailOf takes from an event what its mail tells one recipient.
func mailOf(t *engine.Turn, n domain.Notice) domain.Mail {
	ev := t.Body.(status)
	o, v := ev.GetOrder(), ev.GetView()
	m := domain.Mail{
		Kind: n.Kind, To: n.To.Address, ToName: n.To.Name, At: t.Now,
		OrderID: t.Meta.Order, Number: o.GetNumber(), Reference: o.GetReference(), Customer: o.GetCustomer().GetName(),
		Requester: named(o.GetRequester()), Beneficiary: named(o.GetOnBehalfOf()), Note: o.GetNote(),
		Amount: o.GetAmount().GetAmount(), Currency: o.GetAmount().GetCurrency(),
		Sentence: v.GetSentence(), Hint: v.GetHint(), Lines: lines(o, v),
	}
	setTime(&m.PlacedAt, o.GetPlacedAt())
	setTime(&m.ScheduledFor, o.GetScheduledFor())
	switch ev := ev.(type) {
	case *eventv1.ApprovalRequested:
		for _, r := range ev.GetReasons() {
			m.Reasons = append(m.Reasons, r.GetSentence())
		}
		setTime(&m.ExpiresAt, ev.GetExpiresAt())
	case *eventv1.ApprovalRejected:
		m.DecidedBy, m.DecisionNote = named(ev.GetDecision().GetBy()), ev.GetDecision().GetNote()
	case *eventv1.ApprovalWithdrawn:
		m.DecidedBy = named(ev.GetBy())
	case *eventv1.ProvisioningCancelled:
		m.DecidedBy = named(ev.GetBy())
	}
	return m
}

// lines puts what was asked for and what became of it together. Lines of the view that the order does not have are left out.
func lines(o *orderv1.Order, v *orderv1.View) []domain.Line {
	out := make([]domain.Line, len(o.GetLines()))
	for i, l := range o.GetLines() {
		out[i] = domain.Line{
			Number: l.GetNumber(), Product: l.GetProduct(),
			UnitPrice: l.GetUnitPrice().GetAmount(), Currency: l.GetUnitPrice().GetCurrency(),
		}
		change(&out[i], l)
		for _, seen := range v.GetLines() {
			if seen.GetNumber() == l.GetNumber() {
				out[i].Status = word(seen.GetStatus().String(), "LINE_STATUS_")
				out[i].Detail, out[i].Hint = seen.GetDetail(), seen.GetHint()
				break
			}
		}
	}
	return out
}

func change(into *domain.Line, l *orderv1.Line) {
	switch c := l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		into.Change, into.Quantity = "new_subscription", c.NewSubscription.GetQuantity()
		into.Term, into.Billing = c.NewSubscription.GetTerm(), word(c.NewSubscription.GetBillingCycle().String(), "BILLING_CYCLE_")
	case *orderv1.Line_AddSeats:
		into.Change, into.Quantity, into.Subscription = "add_seats", c.AddSeats.GetQuantity(), c.AddSeats.GetSubscriptionId()
	case *orderv1.Line_RemoveSeats:
		into.Change, into.Quantity, into.Subscription = "remove_seats", c.RemoveSeats.GetQuantity(), c.RemoveSeats.GetSubscriptionId()
	}
}

// word is an enum's name as programs write it: "fulfilled" for LINE_STATUS_FULFILLED. A value of a newer contract has none.
func word(name, prefix string) string {
	w, ok := strings.CutPrefix(name, prefix)
	if !ok || w == "UNSPECIFIED" {
		return ""
	}
	return strings.ToLower(w)
}

// named is how a mail calls a person.
func named(p *orderv1.Person) string { return cmp.Or(p.GetName(), p.GetEmail(), p.GetSubject()) }

// setTime leaves an absent time zero.
func setTime(into *time.Time, from *timestamppb.Timestamp) {
	if from != nil {
		*into = from.AsTime()
	}
}
