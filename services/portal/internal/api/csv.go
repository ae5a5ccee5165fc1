package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
)

const (
	exportPage = 200
	// maxExport bounds an export, in orders, and with it the memory that it takes.
	maxExport = 10_000
)

var columns = []string{
	"number", "status", "customer", "tenant_id", "lines", "licences", "changes", "amount", "currency", "created_by",
	"created_at", "scheduled_for", "sentence", "hint", "reference", "needs_attention", "id",
}

// export gathers all pages into one table. A fault on the way is answered as a problem: nothing is sent before the end.
func (s *Server) export(ctx context.Context, req *intakev1.ListOrdersRequest, none bool, p page) (*pendingOutput, error) {
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	w.UseCRLF = true // RFC 4180
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	req.Limit = exportPage
	for rows := 0; !none && rows < maxExport; {
		orders, err := s.fetch(ctx, req, p)
		if err != nil {
			return nil, err
		}
		for i := range orders.Orders {
			if err := w.Write(row(&orders.Orders[i])); err != nil {
				return nil, err
			}
		}
		rows += exportPage
		req.Cursor = orders.NextCursor
		none = req.Cursor == ""
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, err
	}
	return &pendingOutput{
		ContentType: csvType, Disposition: `attachment; filename="pending-orders.csv"`, NextCursor: req.Cursor, Body: table.Bytes(),
	}, nil
}

func row(o *Order) []string {
	amount := Money{}
	if o.Amount != nil {
		amount = *o.Amount
	}
	cells := []string{
		o.Number, o.Label, o.Customer.Name, o.Customer.TenantID, strconv.Itoa(len(o.Lines)), strconv.Itoa(int(o.Licences)), o.Changes,
		amount.Amount, amount.Currency, firstOf(o.CreatedBy.Name, o.CreatedBy.Email), timeCell(o.CreatedAt), timeCell(o.ScheduledFor),
		o.Sentence, o.Hint, o.Reference, strconv.FormatBool(o.NeedsAttention), o.ID,
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return cells
}

// harmless keeps a spreadsheet from taking a cell for a formula: it puts an apostrophe before what would start one, also
// behind blanks, which some programs skip, and in the full-width forms, which some take for the plain ones.
func harmless(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\u3000")
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(trimmed, start) {
			return "'" + cell
		}
	}
	return cell
}

func timeCell(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
