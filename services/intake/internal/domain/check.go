package domain

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// fault notes one more fault.
func (a *Asked) fault(field, code, message, hint string) {
	a.Faults = append(a.Faults, fault.Violation{Field: field, Code: code, Message: message, Hint: hint})
}

// checkTexts refuses what a text must not hold: characters that do not print can hide what
// an approver is meant to read.
func (a *Asked) checkTexts() {
	n := a.order
	a.checkText("customer.name", n.GetCustomer().GetName(), false)
	a.checkText("note", n.GetNote(), true)
	a.checkText("reference", n.GetReference(), false)
	a.checkText("requester.name", n.GetRequester().GetName(), false)
	a.checkText("requester.issuer", n.GetRequester().GetIssuer(), false)
	a.checkText("requester.subject", n.GetRequester().GetSubject(), false)
	for i, l := range n.GetLines() {
		if bad := unprintable(l.GetProduct(), false); bad >= 0 {
			a.control(fmt.Sprintf("lines[%d].product", i), bad)
		} else if l.GetProduct() != "" && strings.TrimSpace(l.GetProduct()) == "" {
			a.fault(fmt.Sprintf("lines[%d].product", i), "required", "The product's name is blank.", "Give the name that people know it by.")
		}
	}
	if name := n.GetCustomer().GetName(); name != "" && strings.TrimSpace(name) == "" {
		a.fault("customer.name", "required", "The customer's name is blank.", "Give the name that people know it by.")
	}
}

func (a *Asked) checkText(field, s string, multiline bool) {
	if bad := unprintable(s, multiline); bad >= 0 {
		a.control(field, bad)
	}
}

func (a *Asked) control(field string, at int) {
	a.fault(field, "control_character", fmt.Sprintf("The text has a character at position %d that does not print.", at+1),
		"Send plain text; only a note may have line breaks and tabs.")
}

// unprintable is the position of the first control character or change of writing
// direction, counted in characters; -1 if there is none.
func unprintable(s string, multiline bool) int {
	at := 0
	for _, r := range s {
		switch {
		case multiline && (r == '\n' || r == '\r' || r == '\t'):
		case r >= ' ' && r < 0x7f:
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Bidi_Control, r):
			return at
		}
		at++
	}
	return -1
}

// checkLines looks at what lines must have of each other and of the change they ask for.
func (a *Asked) checkLines() {
	lines := a.order.GetLines()
	var room [8]request
	rs := room[:0]
	for i, l := range lines {
		r := requested(l)
		rs = append(rs, r)
		if missing := r.needsItem(); missing != "" && l.GetCatalogItem() == "" {
			a.fault(fmt.Sprintf("lines[%d].catalog_item", i), "required", missing, "Give ProductId:SkuId:AvailabilityId of the offer.")
		}
		for j := range i {
			if l.GetNumber() != 0 && l.GetNumber() == lines[j].GetNumber() {
				a.fault(fmt.Sprintf("lines[%d].number", i), "duplicate_number", fmt.Sprintf("Two lines have the number %d.", l.GetNumber()),
					"Number the lines differently, or leave the numbers out.")
				break
			}
		}
		for j := range i {
			if a.checkPair(i, j, rs) {
				break
			}
		}
	}
}

// numbered gives the lines the lowest numbers that are free, and their ids the canonical
// form. Lines that need no change are taken as they are.
func numbered(lines []*orderv1.Line) []*orderv1.Line {
	if !slices.ContainsFunc(lines, func(l *orderv1.Line) bool { return l.GetNumber() == 0 || !lower(requested(l).subscription()) }) {
		return lines
	}
	taken := make([]bool, len(lines)+2)
	for _, l := range lines {
		if n := int(l.GetNumber()); n > 0 && n < len(taken) {
			taken[n] = true
		}
	}
	out, next := make([]*orderv1.Line, len(lines)), 1
	for i, l := range lines {
		if !lower(requested(l).subscription()) {
			l = respelt(l)
		}
		out[i] = l
		if l.GetNumber() != 0 {
			continue
		}
		for taken[next] {
			next++
		}
		taken[next] = true
		out[i] = &orderv1.Line{Number: int32(next), Product: l.GetProduct(), CatalogItem: l.GetCatalogItem(), UnitPrice: l.GetUnitPrice(), Change: l.GetChange()}
	}
	return out
}

func lower(id string) bool { return strings.ToLower(id) == id }
