package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much of a fact is shown, in characters, and how many of a kind.
const (
	maxSubject = 200
	maxName    = 120
	maxText    = 2000
	maxLines   = 50
	maxReasons = 20
)

// Facts are what a letter can tell. Every field may be empty; then the letter does not speak of it.
type Facts struct {
	Number   string // ORD-2026-00148
	ID       string // the order's UUID
	Customer string
	Lines    []Line
	Amount   Money
	// Requester is who asked for it, as a name or "name (e-mail)".
	Requester string
	// Reasons are why the order was held, rejected, cancelled or expired, or what is known of one that waits for somebody to
	// act, each in whole sentences.
	Reasons []string
	// Todo is what somebody has to do, each in whole sentences.
	Todo []string
	// Error is what went wrong, Hint what can be done about it, each in whole sentences.
	Error, Hint string
	// DecidedBy is who decided.
	DecidedBy string
	// URL shows the order.
	URL string
	// Commands are what an admin can type, such as "bin/seatflow orders approve ORD-2026-00148".
	Commands []string
	// Show is the command that shows the order.
	Show string
}

// shown is facts that are safe to stand in a letter, as texts.
type shown struct {
	Name, Number, ID, Customer, Requester, Amount string
	Error, Hint, DecidedBy, URL, Show             string
	Lines, Reasons, Todo, Commands                []string
	MoreLines                                     int // lines of the order beyond those in Lines
}

// Line is one line of the order.
type Line struct {
	// Product is the product's name. It stands in front of the change where Change does not hold it.
	Product string
	// Change is what is asked for, in words, as Request gives them.
	Change string
	// Result is what became of the line, such as "done" or "failed: Subscription not found."; empty where that is
	// not the letter's matter.
	Result string
}

// Name is what the letter calls the order: its number, else its id.
func (f Facts) Name() string {
	if f.Number != "" {
		return f.Number
	}
	return f.ID
}

// String is the line as the letter shows it.
func (l Line) String() string {
	s := l.Change
	switch {
	case s == "":
		s = l.Product
	case l.Product != "" && !strings.Contains(s, l.Product):
		s = l.Product + ": " + s
	}
	if l.Result != "" {
		s += " – " + l.Result
	}
	return s
}

// clean is f made safe to stand in a letter.
func (f Facts) clean() shown {
	c := shown{
		Number: clean(f.Number, maxName), ID: clean(f.ID, maxName), Customer: clean(f.Customer, maxName),
		Requester: clean(f.Requester, maxName), DecidedBy: clean(f.DecidedBy, maxName),
		Error: clean(f.Error, maxText), Hint: clean(f.Hint, maxText), URL: clean(f.URL, maxText), Show: clean(f.Show, maxText),
		Amount:  Money{Amount: clean(f.Amount.Amount, maxName), Currency: clean(f.Amount.Currency, maxName)}.String(),
		Reasons: cleanAll(f.Reasons), Todo: cleanAll(f.Todo), Commands: cleanAll(f.Commands),
	}
	c.Name = Facts{Number: c.Number, ID: c.ID}.Name()
	kept := f.Lines[:min(len(f.Lines), maxLines)]
	c.MoreLines = len(f.Lines) - len(kept)
	c.Lines = make([]string, len(kept))
	for i, l := range kept {
		c.Lines[i] = Line{Product: clean(l.Product, maxName), Change: clean(l.Change, 2*maxName), Result: clean(l.Result, maxText)}.String()
	}
	return c
}

func cleanAll(texts []string) []string {
	var out []string
	for _, t := range texts[:min(len(texts), maxReasons)] {
		if t = clean(t, maxText); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// clean makes a text one line without control characters, direction overrides and doubled spaces, of at most limit
// characters.
func clean(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
			r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F'
	}), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

// plain reports that clean has nothing to do, which is so for nearly every text.
func plain(s string) bool {
	space := true // as if one stood in front
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}
