package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// Vendor is `seatflow vendor`: how it stands with Partner Center, for operators.
type Vendor struct {
	Access `embed:""`
	Person `embed:""`
	JSON   bool `name:"json" help:"Print JSON, for programs."`

	Status    vendorStatus `cmd:"" default:"withargs" help:"Whether submissions are held back, the request budgets, the breaker, a dry run, and how far the books are compared."`
	Pause     pauseVendor  `cmd:"" help:"Hold back everything that buys or changes something; nothing is lost."`
	Resume    resumeVendor `cmd:"" help:"Let it go again."`
	Overdue   overdue      `cmd:"" help:"List orders that have stood still for too long."`
	Reconcile reconcile    `cmd:"" help:"Have our records compared with the vendor's now; status tells how far it is."`
	Findings  findings     `cmd:"" help:"List what our records and the vendor's disagree about."`
	Close     closeFinding `cmd:"" help:"Close a finding that somebody has dealt with."`
}

type vendorStatus struct{}

type pauseVendor struct {
	Reason string `name:"reason" required:"" placeholder:"TEXT" help:"Why; others read it while they wait."`
}

type resumeVendor struct {
	Reason string `name:"reason" placeholder:"TEXT" help:"Why."`
}

type overdue struct {
	Limit int `name:"limit" default:"50" help:"At most so many, up to 500."`
}

type reconcile struct {
	Customer string `name:"customer" placeholder:"TENANT" help:"Only of this customer; else of all, one after the other."`
}

type findings struct {
	All   bool `name:"all" help:"Closed ones too."`
	Limit int  `name:"limit" default:"50" help:"At most so many, up to 500."`
}

type closeFinding struct {
	Finding string `arg:"" help:"The finding's id."`
	Note    string `name:"note" placeholder:"TEXT" help:"What was done about it."`
}

// Run does what command says: the words that config.LoadCommand answered, such as "vendor overdue".
func (v *Vendor) Run(ctx context.Context, command string, out io.Writer) error {
	words := strings.Fields(command)
	if len(words) < 2 {
		words = []string{"vendor", "status"}
	}
	c, err := v.Access.Client(v.Person)
	if err != nil {
		return plain(err)
	}
	return plain(v.run(ctx, c, words[1], out))
}

func (v *Vendor) run(ctx context.Context, c *client.Client, verb string, out io.Writer) error {
	switch verb {
	case "status":
		state, err := c.VendorState(ctx)
		return tell(v.JSON, out, state, err, printState)
	case "pause":
		after, err := c.SetSubmissions(ctx, true, v.Pause.Reason)
		return tell(v.JSON, out, after, err, printSubmissions)
	case "resume":
		after, err := c.SetSubmissions(ctx, false, v.Resume.Reason)
		return tell(v.JSON, out, after, err, printSubmissions)
	case "overdue":
		orders, err := c.Overdue(ctx, v.Overdue.Limit)
		return tell(v.JSON, out, orders, err, printOverdue)
	case "reconcile":
		begun, err := c.Reconcile(ctx, v.Reconcile.Customer)
		return tell(v.JSON, out, begun, err, printBegun)
	case "findings":
		found, err := c.Findings(ctx, v.Findings.All, v.Findings.Limit)
		return tell(v.JSON, out, found, err, printFindings)
	case "close":
		closed, err := c.CloseFinding(ctx, v.Close.Finding, v.Close.Note)
		return tell(v.JSON, out, closed, err, func(out io.Writer, f client.Finding) error {
			return printFindings(out, client.Findings{Findings: []client.Finding{f}})
		})
	}
	return fault.New(fault.Invalid, "unknown_command", "There is no command vendor "+verb+".").Hinted("See seatflow vendor --help.")
}

// tell prints an answer, for people or for programs, unless it is an error.
func tell[T any](asJSON bool, out io.Writer, answer T, err error, forPeople func(io.Writer, T) error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(out, answer)
	default:
		return forPeople(out, answer)
	}
}

func printState(out io.Writer, s client.VendorState) error {
	if err := printSubmissions(out, s.Submissions); err != nil {
		return err
	}
	if s.DryRun {
		if _, err := fmt.Fprintln(out, "It is a dry run: what would buy or change something is logged instead of sent."); err != nil {
			return err
		}
	}
	told := map[string]string{
		"closed": "Requests go out.", "open": "The vendor fails: only probes go out.", "half_open": "The vendor has failed: a few requests try whether it works again.",
	}
	if _, err := fmt.Fprintln(out, client.Printable(firstOf(told[s.Breaker], s.Breaker))); err != nil {
		return err
	}
	for _, r := range s.Reconciliations {
		if _, err := fmt.Fprintln(out, client.Printable(saidOf(r))); err != nil {
			return err
		}
	}
	if len(s.Budgets) == 0 {
		return nil
	}
	rows := make([][]string, len(s.Budgets))
	for i, b := range s.Budgets {
		rows[i] = []string{b.Resource, strconv.Itoa(int(b.PerMinute)), strconv.FormatInt(b.Waiting, 10), clock(b.BlockedUntil, fullTime)}
	}
	fmt.Fprintln(out)
	return columns(out, []string{"RESOURCE", "PER MINUTE", "WAITING", "SILENT UNTIL"}, rows)
}

// saidOf tells how far a comparison is.
func saidOf(r client.Reconciliation) string {
	whose := "all customers"
	if r.CustomerTenant != "" {
		whose = "customer " + r.CustomerTenant
	}
	line := "The books of " + whose
	switch {
	case r.UnderWay:
		line += " have been compared with the vendor's since " + clock(r.StartedAt, fullTime)
		if r.Customers > 0 {
			line += fmt.Sprintf(", %d of %d are done", r.Done, r.Customers)
		}
	case r.EndedAt != nil:
		line += " were last compared with the vendor's until " + clock(r.EndedAt, fullTime)
	default:
		line += " have not been compared with the vendor's yet"
	}
	if r.DueAt != nil {
		line += "; it goes on at " + clock(r.DueAt, fullTime)
	}
	return line + "."
}

func printBegun(out io.Writer, r client.Reconciliation) error {
	line := "It was under way. "
	if r.Started {
		line = "It has begun. "
	}
	r.DueAt = nil
	_, err := fmt.Fprintln(out, client.Printable(line+saidOf(r)+" seatflow vendor status tells how far it is, seatflow vendor findings what it found."))
	return err
}

func printSubmissions(out io.Writer, s client.Submissions) error {
	line := "Submissions go out."
	if s.Paused {
		line = "Submissions are held back"
		if s.By != nil {
			line += " by " + nameOf(s.By)
		}
		if s.At != nil {
			line += " since " + clock(s.At, fullTime)
		}
		line += ": " + firstOf(s.Reason, "no reason given.")
		if s.Waiting > 0 {
			line += fmt.Sprintf(" (%d calls wait)", s.Waiting)
		}
	}
	_, err := fmt.Fprintln(out, client.Printable(line))
	return err
}

func printOverdue(out io.Writer, o client.Overdue) error {
	if len(o.Orders) == 0 {
		_, err := fmt.Fprintln(out, "No order stands still.")
		return err
	}
	rows := make([][]string, len(o.Orders))
	for i, one := range o.Orders {
		rows[i] = []string{
			one.Number, strings.ReplaceAll(one.Status, "_", " "), one.Customer, clock(one.Since, dayTime), clock(one.Deadline, dayTime), one.Sentence,
		}
	}
	if err := columns(out, []string{"ORDER", "STATUS", "CUSTOMER", "SINCE", "DUE", "WHAT IT WAITS FOR"}, rows); err != nil || int(o.Total) <= len(rows) {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d of %d orders.\n", len(rows), o.Total)
	return err
}

func printFindings(out io.Writer, found client.Findings) error {
	if len(found.Findings) == 0 {
		_, err := fmt.Fprintln(out, "Our records and the vendor's agree.")
		return err
	}
	rows := make([][]string, len(found.Findings))
	for i, f := range found.Findings {
		what := joined(f.Sentence, f.Hint)
		if f.ClosedAt != nil {
			what = joined("Closed by", nameOf(f.ClosedBy), clock(f.ClosedAt, dayTime)+".", f.Note, what)
		}
		rows[i] = []string{
			f.ID, clock(f.FoundAt, dayTime), strings.ReplaceAll(f.Kind, "_", " "), f.CustomerTenant,
			joined(named("order", f.VendorOrderID), named("subscription", f.VendorSubscriptionID)), what,
		}
	}
	return columns(out, []string{"FINDING", "FOUND", "WHAT", "CUSTOMER", "AT THE VENDOR", "KNOWN"}, rows)
}
