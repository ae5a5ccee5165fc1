package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

const (
	columnGap = 2
	dayTime   = "2006-01-02 15:04"
	fullTime  = "2006-01-02 15:04:05 MST"
)

// Table prints a row for each order.
func Table(out io.Writer, orders []client.Order) error {
	rows := make([][]string, 0, len(orders))
	for _, o := range orders {
		status := strings.ReplaceAll(o.Status, "_", " ")
		if o.NeedsAttention {
			status += " (!)"
		}
		rows = append(rows, []string{
			o.Number, status, o.Customer.Name, Amount(o.Amount), strconv.Itoa(int(o.Licences)), nameOf(&o.CreatedBy),
			clock(o.CreatedAt, dayTime), o.Changes, o.Sentence,
		})
	}
	return columns(out, []string{"ORDER", "STATUS", "CUSTOMER", "AMOUNT", "SEATS", "BY", "PLACED", "CHANGES", "NOW"}, rows)
}

// columns aligns rows under a head. Cells hold no control characters afterwards.
func columns(out io.Writer, head []string, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, columnGap, ' ', 0)
	if len(head) > 0 {
		fmt.Fprintln(w, strings.Join(head, "\t"))
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = client.Printable(c)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return w.Flush()
}

// printOrder prints everything about an order.
func printOrder(out io.Writer, a all) error {
	o := a.Order
	fields := [][]string{
		{"Order", o.Number}, {"Id", o.ID}, {"Status", strings.ReplaceAll(o.Status, "_", " ") + " (" + o.Label + ")"},
		{"Now", o.Sentence}, {"Next", o.Hint}, {"Customer", o.Customer.Name + " (" + o.Customer.TenantID + ")"},
		{"Amount", Amount(o.Amount)}, {"Seats", strconv.Itoa(int(o.Licences))}, {"Created by", who(&o.CreatedBy)},
		{"On behalf of", who(o.OnBehalfOf)}, {"Came by", o.Source}, {"Held by", o.Owner}, {"Reference", o.Reference},
		{"Note", o.Note}, {"Placed", clock(o.CreatedAt, fullTime)}, {"Scheduled for", clock(o.ScheduledFor, fullTime)},
		{"Changed", clock(o.UpdatedAt, fullTime)}, {"Finished", clock(o.FinishedAt, fullTime)},
	}
	if o.NeedsAttention {
		fields = append(fields, []string{"Attention", "Something about this order was put aside; an operator has to look."})
	}
	told := fields[:0]
	for _, f := range fields {
		if f[1] != "" {
			told = append(told, f)
		}
	}
	if err := columns(out, nil, told); err != nil {
		return err
	}
	return sections(out, a)
}

func sections(out io.Writer, a all) error {
	var lines, events, mails [][]string
	for _, l := range a.Order.Lines {
		lines = append(lines, []string{
			"  " + strconv.Itoa(int(l.Number)), strings.ReplaceAll(l.Status, "_", " "), l.Product, l.Change, Amount(l.UnitPrice),
			progress(l), l.WaitsFor, clock(l.NextLookAt, "15:04:05"), joined(l.Detail, l.Hint, named("vendor order", l.VendorOrderID),
				named("subscription", l.VendorSubscriptionID), named("activate at", strings.Join(l.ActivationLinks, " "))),
		})
	}
	head, lines := withoutEmpty([]string{"  #", "STATUS", "PRODUCT", "CHANGE", "EACH", "SEATS", "WAITS FOR", "NEXT LOOK", "DETAIL"}, lines)
	for _, e := range a.Timeline {
		events = append(events, []string{
			"  " + clock(e.At, "2006-01-02 15:04:05.000"), strings.TrimSuffix(strings.TrimPrefix(e.Type, "seatflow."), ".v1"),
			strings.ReplaceAll(e.Status, "_", " "), nameOf(e.By), e.Sentence,
		})
	}
	for _, d := range a.Notifications {
		mails = append(mails, []string{
			"  " + clock(d.UpdatedAt, fullTime), strings.ReplaceAll(d.Kind, "_", " "), d.Channel, d.Recipient, d.Status,
			strconv.Itoa(int(d.Attempts)), d.Error,
		})
	}
	for _, s := range []struct {
		title, none string
		head        []string
		rows        [][]string
	}{
		{"Lines", "none", head, lines},
		{"Timeline", "nothing yet", []string{"  AT", "EVENT", "STATUS", "BY", "WHAT"}, events},
		{"Notifications", firstOf(a.NotificationsMissing, "none"), []string{"  AT", "ABOUT", "CHANNEL", "TO", "STATUS", "TRIES", "ERROR"}, mails},
	} {
		fmt.Fprintf(out, "\n%s\n", s.title)
		if len(s.rows) == 0 {
			fmt.Fprintf(out, "  %s\n", client.Printable(s.none))
			continue
		}
		if err := columns(out, s.head, s.rows); err != nil {
			return err
		}
	}
	return nil
}

// progress is how many of a line's seats can be used: "20 of 25".
func progress(l client.Line) string {
	if l.SeatsOrdered == nil || l.SeatsFulfilled == nil {
		return ""
	}
	return strconv.FormatInt(*l.SeatsFulfilled, 10) + " of " + strconv.FormatInt(*l.SeatsOrdered, 10)
}

// withoutEmpty leaves the columns out in which no row has anything.
func withoutEmpty(head []string, rows [][]string) (kept []string, cells [][]string) {
	cells = make([][]string, len(rows))
	for at, title := range head {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[at] != "" }) {
			continue
		}
		kept = append(kept, title)
		for i, row := range rows {
			cells[i] = append(cells[i], row[at])
		}
	}
	return kept, cells
}

// Amount is an amount with its thousands apart, such as "USD 14,250.00"; empty for none.
func Amount(m *client.Money) string {
	if m == nil {
		return ""
	}
	whole, rest, _ := strings.Cut(m.Amount, ".")
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	return m.Currency + " " + b.String()
}

func clock(t *time.Time, layout string) string {
	if t == nil {
		return ""
	}
	return t.Local().Format(layout)
}

func nameOf(p *client.Person) string {
	if p == nil {
		return ""
	}
	return firstOf(p.Name, p.Email)
}

// who is a person with all that is known.
func who(p *client.Person) string {
	if p == nil {
		return ""
	}
	s := nameOf(p)
	if p.Email != "" && p.Name != "" {
		s += " <" + p.Email + ">"
	}
	if p.Role != "" {
		s += ", " + strings.ReplaceAll(p.Role, "_", " ")
	}
	return s
}

func named(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value
}

func joined(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, " ")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
