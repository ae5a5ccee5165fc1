package demo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// mails waits until every mail of the story was sent, and prints them: as the catcher got them, or as the orders tell
// where the mail goes to a given server.
func (p *play) mails(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.within, errStepTime)
	defer cancel()
	var sent []client.Delivery
	for _, a := range p.acts {
		all, err := p.delivered(ctx, a)
		if err != nil {
			return err
		}
		sent = append(sent, all...)
	}
	if p.at.Mail == "" {
		p.say("")
		p.say("Mails sent (they went to a given mail server):")
		for _, d := range sent {
			p.say("  %s  to %s", strings.ReplaceAll(d.Kind, "_", " "), d.Recipient)
		}
		return nil
	}
	return p.caught(ctx)
}

// caught prints the catcher's mails about the story's orders.
func (p *play) caught(ctx context.Context) error {
	all, err := client.Catcher(p.at.Mail).Mails(ctx, "", "", 0, 0)
	if err != nil {
		return err
	}
	ours := slices.DeleteFunc(all, func(m client.Mail) bool {
		return !slices.ContainsFunc(p.acts, func(a *act) bool { return m.Order == a.number })
	})
	slices.SortStableFunc(ours, func(a, b client.Mail) int { return cmp.Compare(a.Received.UnixNano(), b.Received.UnixNano()) })
	if len(ours) == 0 {
		return fault.New(fault.Conflict, "no_mails", "The mail catcher at "+p.at.Mail+" got no mail about these orders.")
	}
	p.say("")
	p.say("Mails sent (read them at %s):", p.at.Mail)
	for _, m := range ours {
		p.say("%s  to %-24s  %s", clock(&m.Received), strings.Join(m.To, ", "), m.Subject)
	}
	return nil
}

// delivered waits until everybody who has to be told of an order was told.
func (p *play) delivered(ctx context.Context, a *act) ([]client.Delivery, error) {
	kinds := []string{"order_completed"}
	if a.held {
		kinds = append(kinds, "approval_needed")
	}
	if a.failed {
		kinds = append(kinds, "order_failed")
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		all, err := p.as(john).Notifications(ctx, a.id)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		missing, open := "", false
		for _, d := range all {
			if d.Status == "failed" {
				return nil, fault.New(fault.Conflict, "mail_failed", "The mail about "+a.number+" to "+d.Recipient+" could not be sent: "+d.Error)
			}
			open = open || d.Status != "sent"
		}
		for _, k := range kinds {
			if !slices.ContainsFunc(all, func(d client.Delivery) bool { return d.Kind == k && d.Status == "sent" }) {
				missing = k
			}
		}
		if err == nil && missing == "" && !open {
			return all, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), errStepTime) {
				return nil, context.Cause(ctx)
			}
			return nil, fault.New(fault.Unavailable, "mail_missing",
				"Nobody was told within "+p.within.String()+": "+a.number+", "+strings.ReplaceAll(missing, "_", " ")+".").
				Hinted("Was Seatflow started with the admins' addresses (--admins), and does its mail server answer?")
		}
	}
}
