// Package demo plays the known Pending Orders page on a running Seatflow: three customers, an order that is held for its
// amount, one that fails at the vendor and is put right, one that goes straight through.
//
// Model: a script of acts, each an order that three people place, decide and follow through the portal's HTTP API. The
// vendor's side of the story (a subscription that is missing, then created) is played through partnersim's admin API, and
// the mails are read from the mail catcher.
//
// Guarantees: every change of status is printed as the order's timeline tells it, once. The script ends without an error
// only if each order took the way that the story says and its mails were sent. It can be played again on the same data:
// the vendor's double is reset if it already has the subscription, and what a customer's earlier orders change about the
// story is said.
//
// Failures: an order that ends otherwise, a step that takes longer than its time, or a mail that was not sent ends the
// script with a sentence that says so.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// tokenLife outlives every play.
const tokenLife = time.Hour

// stepTime is how long one order may take for one step of the story.
const stepTime = 30 * time.Second

// Command is `seatflow demo`.
type Command struct {
	Data       string        `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Data folder of the Seatflow on this machine."`
	URL        string        `name:"url" env:"SEATFLOW_PORTAL_URL" placeholder:"URL" help:"The portal's address; found through the data folder when empty."`
	Partnersim string        `name:"partnersim" env:"SEATFLOW_PARTNERSIM_URL" placeholder:"URL" help:"Address of the Partner Center double; found through the data folder when empty."`
	Mail       string        `name:"mail" env:"SEATFLOW_MAIL_URL" placeholder:"URL" help:"Address of the mail catcher's page; found through the data folder when empty."`
	StepTime   time.Duration `name:"step-time" default:"30s" help:"How long an order may take for one step."`
}

// Run plays the demo on the Seatflow that the settings name.
func (c *Command) Run(ctx context.Context, out io.Writer) error {
	at, err := cli.Access{Data: c.Data, URL: c.URL}.Addresses()
	if err != nil {
		return err
	}
	at.Partnersim, at.Mail = cmp.Or(c.Partnersim, at.Partnersim), cmp.Or(c.Mail, at.Mail)
	if err := Play(ctx, at, c.StepTime, out); err != nil {
		return errors.New(client.Explain(err))
	}
	return nil
}

// Play plays the demo on the Seatflow at these addresses; Portal, Issuer and Partnersim are needed, Mail is not. within
// bounds each step; 0 means 30 s.
func Play(ctx context.Context, at up.Addresses, within time.Duration, out io.Writer) error {
	if at.Partnersim == "" {
		return fault.New(fault.Invalid, "no_partnersim", "The demo creates a subscription at the vendor, so it needs the Partner Center double.").
			Hinted("Name it with --partnersim.")
	}
	p := &play{
		at: at, within: cmp.Or(within, stepTime), out: out,
		vendor: client.Vendor(at.Partnersim), people: map[string]*client.Client{},
	}
	for _, who := range []person{emily, john, dana} {
		token, err := cli.Mint(at.Issuer, issuer.Claims{Name: who.name, Email: who.email, Role: who.role}, tokenLife)
		if err != nil {
			return err
		}
		if p.people[who.email], err = client.New(at.Portal, token); err != nil {
			return err
		}
	}
	begun := time.Now()
	if err := p.story(ctx); err != nil {
		return err
	}
	p.say("")
	p.say("The demo ended as it should, after %.1f s.", time.Since(begun).Seconds())
	return p.broken
}

// person is one of the people in the story.
type person struct{ name, email, role string }

// The people. Nobody decides their own order, so there are two admins.
var (
	emily = person{"Emily Chen", "emily.chen@msp.example", "technician"}
	john  = person{"John Smith", "john.smith@msp.example", "admin"}
	dana  = person{"Dana Reyes", "dana.reyes@msp.example", "admin"}
)

// play is one performance.
type play struct {
	at     up.Addresses
	within time.Duration
	out    io.Writer
	broken error // the first fault of out
	vendor client.Vendor
	people map[string]*client.Client
	acts   []*act
}

func (p *play) as(who person) *client.Client { return p.people[who.email] }

// say prints a line; a writer that is gone is reported at the end.
func (p *play) say(format string, args ...any) {
	if _, err := fmt.Fprintln(p.out, client.Printable(fmt.Sprintf(format, args...))); err != nil && p.broken == nil {
		p.broken = err
	}
}
