package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// Orders is `seatflow orders`: what an admin does at a terminal.
type Orders struct {
	Access `embed:""`
	Person `embed:""`
	JSON   bool `name:"json" help:"Print JSON, for programs."`

	List    listOrders   `cmd:"" default:"withargs" help:"List orders."`
	Show    showOrder    `cmd:"" help:"Everything about one order."`
	Place   placeOrder   `cmd:"" help:"Place an order, from a file or of one line."`
	Wait    waitOrder    `cmd:"" help:"Wait until an order stands as you say, or can go no further."`
	Approve approveOrder `cmd:"" help:"Approve an order that awaits approval."`
	Reject  rejectOrder  `cmd:"" help:"Reject an order that awaits approval."`
	Retry   retryOrder   `cmd:"" help:"Try the failed lines of an order again."`
	Cancel  cancelOrder  `cmd:"" help:"Stop what has not been sent to the vendor."`
	Nudge   nudgeOrder   `cmd:"" help:"Have everything looked at now that an order waits for; buys nothing."`
	Upload  uploadOrder  `cmd:"" name:"upload-po" help:"Upload the customer's purchase order that a review asks for."`
	Settle  settleOrder  `cmd:"" help:"Say what became of lines whose outcome Seatflow could not find out; it is looked into before it counts."`
}

type listOrders struct {
	View     string   `name:"view" default:"recent" enum:"pending,recent,historical" help:"pending: what waits for somebody; recent: not at its end, or for less than a day; historical: all."`
	Status   []string `name:"status" placeholder:"STATUS,..." help:"Only these statuses, such as awaiting_approval or failed."`
	Customer string   `name:"customer" placeholder:"TENANT" help:"Only this customer's, by tenant id."`
	Search   string   `name:"search" placeholder:"TEXT" help:"Number, reference or customer's name begins with this."`
	Limit    int      `name:"limit" default:"50" help:"At most so many, up to 200."`
	Cursor   string   `name:"cursor" help:"Go on where an earlier list ended."`
}

type showOrder struct {
	Order string `arg:"" help:"Number or id."`
}

type approveOrder struct {
	Order string `arg:"" help:"Number or id."`
	Note  string `name:"note" placeholder:"TEXT" help:"What you want to add."`
}

type rejectOrder struct {
	Order  string `arg:"" help:"Number or id."`
	Reason string `name:"reason" required:"" placeholder:"TEXT" help:"Why; the requester reads it."`
}

type retryOrder struct {
	Order string `arg:"" help:"Number or id."`
}

type cancelOrder struct {
	Order  string `arg:"" help:"Number or id."`
	Reason string `name:"reason" placeholder:"TEXT" help:"Why."`
}

// Run does what command says: the words that config.LoadCommand answered, such as "orders show <order>".
func (o *Orders) Run(ctx context.Context, command string, out io.Writer) error {
	words := strings.Fields(command)
	if len(words) < 2 {
		words = []string{"orders", "list"}
	}
	c, err := o.Access.Client(o.Person)
	if err != nil {
		return plain(err)
	}
	return plain(o.run(ctx, c, words[1], out))
}

func (o *Orders) run(ctx context.Context, c *client.Client, verb string, out io.Writer) error {
	var after client.Order
	var err error
	switch verb {
	case "list":
		return o.list(ctx, c, out)
	case "show":
		return o.show(ctx, c, out)
	case "wait":
		after, err = o.Wait.run(ctx, c)
	case "place":
		return o.place(ctx, c, out)
	case "nudge":
		after, err = c.Nudge(ctx, o.Nudge.Order)
	case "upload-po":
		after, err = o.Upload.run(ctx, c)
	case "settle":
		after, err = o.Settle.run(ctx, c)
	case "approve":
		after, err = c.Approve(ctx, o.Approve.Order, o.Approve.Note)
	case "reject":
		after, err = c.Reject(ctx, o.Reject.Order, o.Reject.Reason)
	case "retry":
		after, err = c.Retry(ctx, o.Retry.Order)
	case "cancel":
		after, err = c.Cancel(ctx, o.Cancel.Order, o.Cancel.Reason)
	default:
		return fault.New(fault.Invalid, "unknown_command", "There is no command orders "+verb+".").Hinted("See seatflow orders --help.")
	}
	if err != nil {
		return err
	}
	if after.Position != "" { // so that the next command, however soon, sees what this one did
		if _, err := c.Get(ctx, after.ID, after.Position); err != nil {
			return err
		}
	}
	return o.told(out, after)
}

// told says how a command left the order.
func (o *Orders) told(out io.Writer, after client.Order) error {
	if o.JSON {
		return printJSON(out, after)
	}
	line := after.Number + " (" + after.Customer.Name + ") is " + strings.ReplaceAll(after.Status, "_", " ")
	if after.Sentence != "" {
		line += ": " + after.Sentence
	} else {
		line += "."
	}
	_, err := fmt.Fprintln(out, client.Printable(line))
	return err
}

func (o *Orders) list(ctx context.Context, c *client.Client, out io.Writer) error {
	l := o.List
	page, err := c.List(ctx, client.Selection{
		View: l.View, Statuses: l.Status, Customer: l.Customer, Search: l.Search, Limit: l.Limit, Cursor: l.Cursor,
	})
	if err != nil {
		return err
	}
	if o.JSON {
		return printJSON(out, page)
	}
	if len(page.Orders) == 0 {
		_, err := fmt.Fprintln(out, "There are no such orders.")
		return err
	}
	if err := Table(out, page.Orders); err != nil || page.NextCursor == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "\nThere are more: --cursor %s\n", client.Printable(page.NextCursor))
	return err
}

// all is what show prints as JSON.
type all struct {
	Order         client.Order      `json:"order"`
	Timeline      []client.Entry    `json:"timeline"`
	Notifications []client.Delivery `json:"notifications"`
	// NotificationsMissing says why they are not there.
	NotificationsMissing string `json:"notifications_missing,omitempty"`
}

func (o *Orders) show(ctx context.Context, c *client.Client, out io.Writer) error {
	var a all
	var err error
	if a.Order, err = c.Get(ctx, o.Show.Order, ""); err != nil {
		return err
	}
	if a.Timeline, err = c.Timeline(ctx, a.Order.ID); err != nil {
		return err
	}
	// The order can be read without its notifications: for customers, or while that service is away.
	if a.Notifications, err = c.Notifications(ctx, a.Order.ID); err != nil {
		a.NotificationsMissing = client.Explain(err)
	}
	if o.JSON {
		return printJSON(out, a)
	}
	return printOrder(out, a)
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
