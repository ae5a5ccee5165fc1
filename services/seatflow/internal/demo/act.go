package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// lookAgain is how often an order is read while it is on its way.
const lookAgain = 100 * time.Millisecond

var errStepTime = errors.New("demo: step time is over")

// act is one order of the story.
type act struct {
	id, number, customer string
	by                   person
	// position is the least that a read must have seen.
	position string
	// held and failed say which mails admins must have got.
	held, failed bool

	told map[string]bool // the timeline's entries that were printed
	// status and sentence are what was printed last.
	status, sentence string
}

// place places an order of one line and prints what is asked for.
func (p *play) place(ctx context.Context, by person, customer client.Customer, line client.NewLine) (*act, error) {
	o, err := p.as(by).Place(ctx, client.NewOrder{Customer: customer, Lines: []client.NewLine{line}, Reference: "demo"}, "")
	if err != nil {
		return nil, err
	}
	amount := ""
	if o.Amount != nil {
		amount = ", " + cli.Amount(o.Amount)
	}
	a := &act{id: o.ID, number: o.Number, customer: o.Customer.Name, by: by, position: o.Position, told: map[string]bool{}}
	p.acts = append(p.acts, a)
	p.say("%s  %s  %-13s  %s placed: %s%s", clock(o.CreatedAt), a.number, a.customer, by.name, o.Changes, amount)
	return a, nil
}

func (p *play) approve(ctx context.Context, a *act, by person, note string) error {
	o, err := p.as(by).Approve(ctx, a.id, note)
	if err != nil {
		return err
	}
	a.held, a.position = true, o.Position
	return nil
}

// until follows an order, printing each new status, until it has one of those wanted. It fails when the order comes to
// rest in another, or the step's time is over.
func (p *play) until(ctx context.Context, a *act, wanted ...string) (client.Order, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.within, errStepTime)
	defer cancel()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	var last client.Order
	for {
		o, err := p.as(john).Get(ctx, a.id, a.position)
		if err == nil {
			err = p.tellAll(ctx)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			return o, err
		case err == nil && reached(o.Position, a.position):
			last = o
			if slices.Contains(wanted, o.Status) {
				a.position = o.Position
				return o, nil
			}
			if rests(o.Status) {
				return o, otherwise(o, "become "+words(wanted))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return last, p.tooLong(ctx, a, last, wanted)
		}
	}
}

func (p *play) tooLong(ctx context.Context, a *act, last client.Order, wanted []string) error {
	if !errors.Is(context.Cause(ctx), errStepTime) {
		return context.Cause(ctx)
	}
	now := "nothing is known of it since then"
	if last.Status != "" {
		now = "it is " + words([]string{last.Status})
		if last.Sentence != "" {
			now += ": " + last.Sentence
		}
	}
	return fault.New(fault.Unavailable, "too_long",
		fmt.Sprintf("%s (%s) did not become %s within %s; %s", a.number, a.customer, words(wanted), p.within, now)).
		Hinted("See it with: seatflow orders show " + a.number)
}

// tellAll prints what happened meanwhile to all orders that are on their way.
func (p *play) tellAll(ctx context.Context) error {
	for _, a := range p.acts {
		if a.status == completed {
			continue
		}
		if err := p.tell(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// tell prints what the timeline has and was not printed yet, where it says something new of the order.
func (p *play) tell(ctx context.Context, a *act) error {
	entries, err := p.as(john).Timeline(ctx, a.id)
	if err != nil {
		return err
	}
	for _, e := range entries {
		key := e.Owner + ":" + strconv.FormatInt(e.Sequence, 10) + ":" + e.Type
		if a.told[key] {
			continue
		}
		a.told[key] = true
		if e.Status == "" || e.Status == a.status && e.Sentence == a.sentence {
			continue
		}
		a.status, a.sentence = e.Status, e.Sentence
		p.say("%s  %s  %-13s  %-17s  %s", clock(e.At), a.number, a.customer, words([]string{e.Status}), e.Sentence)
	}
	return nil
}

// clock is a time of day to the millisecond, in this machine's zone.
func clock(t *time.Time) string {
	if t == nil {
		return "            "
	}
	return t.Local().Format("15:04:05.000")
}

// reached says whether a read that was answered at one position has seen another. Positions of different owners cannot
// be compared: the order has moved on, so it has.
func reached(at, least string) bool {
	owner, n, ok := position(at)
	wantOwner, want, named := position(least)
	return !ok || !named || owner != wantOwner || n >= want
}

func position(s string) (owner string, sequence int64, ok bool) {
	owner, digits, found := strings.Cut(s, ":")
	n, err := strconv.ParseInt(digits, 10, 64)
	return owner, n, found && err == nil
}

// rests says whether an order with this status waits for a person, or for nothing any more.
func rests(status string) bool {
	switch status {
	case "received", scheduled, processing, "waiting_on_vendor", "outcome_unknown":
		return false
	}
	return true
}

// otherwise is the fault of an order that did not do what the story says.
func otherwise(o client.Order, should string) error {
	text := fmt.Sprintf("%s (%s) should %s, but it is %s", o.Number, o.Customer.Name, should, words([]string{o.Status}))
	if o.Sentence != "" {
		text += ": " + o.Sentence
	}
	return fault.New(fault.Conflict, "ended_otherwise", text).Hinted("See it with: seatflow orders show " + o.Number)
}

// words names statuses for people.
func words(statuses []string) string {
	return strings.ReplaceAll(strings.Join(statuses, " or "), "_", " ")
}
