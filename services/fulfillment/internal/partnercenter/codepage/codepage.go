// Package codepage writes docs/vendor-codes.md, the page that tells operators what the vendor's codes mean here.
//
// Model: the error catalogue of partnercenter is the only source; codes that mean the same share a row. `make gen` writes the
// page, and a test fails when the page in the repository is another one.
//
// Guarantees: the same catalogue gives the same page, to the byte.
//
// Failures: none but those of the writer.
package codepage

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	pc "github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

const head = `# What the vendor's codes mean here

Generated from the error catalogue of fulfillment (` + "`services/fulfillment/internal/partnercenter`" + `) by ` + "`make gen`" + `; edit the catalogue,
not this page. An order that waits or fails shows one of the sentences below, with the vendor's own words and the request id
where they help. Microsoft's support asks for that id.

The same code means different things under different HTTP statuses, so both count. A code that is not here is taken for the
safe class of its status, told as such, and counted in ` + "`seatflow_vendor_unknown_codes_total`" + `.

## Classes

| class | says | what Seatflow does |
|---|---|---|
| T | as sent it can never work | the line fails; change the order, or what the sentence names, then retry or place it again |
| R | not now; nothing happened | the same request is sent again later, by itself |
| C | the state is not what the request assumed; nothing happened | the state is read again, then decided, by itself |
| A | it may have happened | the line is ` + "`unknown`" + ` and what happened is looked up; nothing is bought again before that is settled |
| H | a person or a third party must act first; nothing happened | the line fails or waits and says who must act; retry it afterwards |
| Q | the access to Partner Center is wrong; nothing happened | the line fails; an operator mends credentials, roles or consent, then it is retried |

Who must act: **nobody** (Seatflow goes on by itself), the **partner** (who ordered, an admin or an operator), the **customer**, or
the **vendor** (Microsoft).
`

// common are the four errors that people know by name, each by a code that means it.
var common = []struct {
	status int
	code   string
}{{404, "20003"}, {400, "800090"}, {504, ""}, {400, "800070"}}

// Write writes the page.
func Write(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(head)
	b.WriteString("\n## The four common errors\n\n| the order says | codes | who | what to do |\n|---|---|---|---|\n")
	all := pc.Catalogue()
	for _, c := range common {
		e := pc.Describe(c.status, c.code)
		same := slices.DeleteFunc(slices.Clone(all), func(o pc.Entry) bool { return o.Word != e.Word || o.Place != pc.InAnswer })
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.Message, named(same), e.Owner, e.Hint)
	}
	b.WriteString("\nThe third is also what a request becomes that got no answer at all.\n")
	b.WriteString("\n## The vendor's order statuses\n\n| status | here | who | what it means | what to do |\n|---|---|---|---|---|\n")
	for _, s := range pc.OrderStates() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Status, s.Becomes, s.Owner, s.Message, s.Hint)
	}
	unknown := pc.DescribeOrder("")
	fmt.Fprintf(&b, "| any other | %s | %s | %s | %s |\n", unknown.Becomes, unknown.Owner, unknown.Message, unknown.Hint)
	b.WriteString("\n## What makes an order wait\n\nBeside the statuses above, these answers mean that somebody else has to move first, or that time has to pass.\n\n")
	rows(&b, slices.DeleteFunc(slices.Clone(all), func(e pc.Entry) bool { return e.Place != pc.InAnswer || e.Class != pc.Human && e.Wait == 0 }))
	for _, part := range []struct {
		place pc.Place
		title string
	}{
		{pc.InAnswer, "Codes of answers"},
		{pc.InCartLine, "Codes of cart lines"},
		{pc.InTransition, "Codes of transitions (change of product)"},
		{pc.InTransitionTarget, "Codes of subscriptions that seats could join"},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n", part.title)
		rows(&b, slices.DeleteFunc(slices.Clone(all), func(e pc.Entry) bool { return e.Place != part.place }))
	}
	b.WriteString("\n## What Seatflow says itself\n\nNo code of the vendor stands behind these.\n\n")
	rows(&b, pc.Conditions())
	_, err := w.Write(b.Bytes())
	return err
}

// rows writes a table in which codes that mean the same stand in one row.
func rows(b *bytes.Buffer, entries []pc.Entry) {
	b.WriteString("| HTTP, code | class | word | who | what it means | what to do |\n|---|---|---|---|---|---|\n")
	for len(entries) > 0 {
		first := entries[0]
		alike := func(e pc.Entry) bool {
			return e.Status == first.Status && e.Word == first.Word && e.Class == first.Class && e.Owner == first.Owner && e.Message == first.Message &&
				e.Hint == first.Hint && e.Wait == first.Wait && (e.Code == "") == (first.Code == "")
		}
		same := slices.DeleteFunc(slices.Clone(entries), func(e pc.Entry) bool { return !alike(e) })
		entries = slices.DeleteFunc(slices.Clone(entries), alike)
		hint := first.Hint
		if first.Wait > 0 {
			hint += " It waits " + lasting(first.Wait) + " first."
		}
		fmt.Fprintf(b, "| %s | %s | `%s` | %s | %s | %s |\n", named(same), first.Class, first.Word, first.Owner, first.Message, hint)
	}
}

// named names statuses and codes: "404 20003, 60003; 504".
func named(entries []pc.Entry) string {
	var groups []string
	for len(entries) > 0 {
		status := entries[0].Status
		var codes []string
		for _, e := range entries {
			if e.Status == status && e.Code != "" {
				codes = append(codes, e.Code)
			}
		}
		bare := slices.ContainsFunc(entries, func(e pc.Entry) bool { return e.Status == status && e.Code == "" })
		entries = slices.DeleteFunc(slices.Clone(entries), func(e pc.Entry) bool { return e.Status == status })
		text := strings.Join(codes, ", ")
		if status > 0 {
			text = strings.TrimSpace(strconv.Itoa(status) + " " + text)
		}
		if bare && len(codes) > 0 {
			text += " or none"
		}
		groups = append(groups, text)
	}
	text := strings.Join(groups, "; ")
	if text == "" {
		return "–"
	}
	return text
}

func lasting(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
