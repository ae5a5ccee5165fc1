package partnercenter

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// plain is a meaning in words, shared by the codes that mean the same to people.
type plain struct {
	word    string
	message string
	hint    string
}

// row says what some codes of one status mean.
type row struct {
	status int
	codes  string // separated by blanks
	class  Class
	actor  Actor
	plain  plain
}

type entryKey struct {
	place  Place
	status int
	code   string
}

// table is the error catalogue: (place, HTTP status, code) to what it means. The same code means different things under
// different statuses, so neither alone is a key.
var table = []struct {
	place Place
	rows  []row
}{
	{InAnswer, customerRows}, {InAnswer, productRows}, {InAnswer, orderRows}, {InAnswer, subscriptionRows}, {InAnswer, statusRows},
	{InCartLine, cartLineRows}, {InTransition, transitionRows}, {InTransitionTarget, transitionTargetRows},
}

var catalogue, byCode = buildCatalogue()

func buildCatalogue() (exact map[entryKey]Entry, byCode map[string]Entry) {
	exact, byCode = map[entryKey]Entry{}, map[string]Entry{}
	for _, part := range table {
		for _, r := range part.rows {
			for _, e := range r.entries(part.place) {
				exact[entryKey{e.Place, e.Status, e.Code}] = e
				if _, taken := byCode[e.Code]; !taken && e.Code != "" && e.Place == InAnswer {
					byCode[e.Code] = e
				}
			}
		}
	}
	return exact, byCode
}

func (r row) entries(place Place) []Entry {
	codes := strings.Fields(r.codes)
	if len(codes) == 0 {
		codes = []string{""}
	}
	entries := make([]Entry, 0, len(codes))
	for _, code := range codes {
		e := Entry{
			Place: place, Status: r.status, Code: code, Known: true, Class: r.class, Outcome: r.class.outcome(), Actor: r.actor,
			Word: r.plain.word, Message: r.plain.message, Hint: r.plain.hint,
		}
		if place == InAnswer {
			e.Wait = waits[code]
		}
		if r.status == 429 {
			e.Outcome = Throttled
		}
		entries = append(entries, e.filled())
	}
	return entries
}

// waits is how long the vendor says, or its documentation implies, that a code lasts.
var waits = map[string]time.Duration{
	"800064": 5 * time.Second,  // the same checkout is running
	"800060": 2 * time.Minute,  // "a few minutes"
	"800007": 30 * time.Second, // provisioning not told yet
	"800082": 2 * time.Minute,  // renewal is running
	"800072": 2 * time.Minute,
	"800014": 2 * time.Minute,
	"900278": 24 * time.Hour, // pending operation
}

// Describe says what a status and a code mean. Status 0 stands for a code inside a body, such as OrderError.Code. What the
// table does not have falls to the safe class of its status (Known is false): 4xx is refused, 409, 412 and 417 are a
// conflict, 429 is throttled, everything else may have happened.
func Describe(status int, code string) Entry {
	if e, ok := catalogue[entryKey{InAnswer, status, code}]; ok {
		return e
	}
	if status == 0 {
		if e, ok := byCode[code]; ok {
			return e
		}
		status = 400 // an order group in error was not ordered
	}
	e, ok := catalogue[entryKey{InAnswer, status, ""}]
	switch {
	case ok:
	case status >= 400 && status < 500:
		e = catalogue[entryKey{InAnswer, 400, ""}]
	default:
		e = catalogue[entryKey{InAnswer, 500, ""}]
	}
	e.Status, e.Code, e.Known = status, code, false
	return e
}

// DescribeLine says what the error code of a cart line means. Unknown codes mean that the line cannot be bought.
func DescribeLine(code string) Entry { return describeInside(InCartLine, code) }

// DescribeTransition says what the error code of a transition means. Unknown codes mean that it cannot be made.
func DescribeTransition(code string) Entry { return describeInside(InTransition, code) }

// DescribeTransitionTarget says why seats cannot join an existing subscription.
func DescribeTransitionTarget(code string) Entry { return describeInside(InTransitionTarget, code) }

// describeInside says what a code inside a body means; that of 0 stands for those that nobody knows.
func describeInside(place Place, code string) Entry {
	if e, ok := catalogue[entryKey{place, 0, code}]; ok {
		return e
	}
	e := catalogue[entryKey{place, 0, "0"}]
	e.Code, e.Known = code, false
	return e
}

// Catalogue gives the whole table in the order of place, status and code, for the documentation and the portal.
func Catalogue() []Entry {
	all := make([]Entry, 0, len(catalogue))
	for _, e := range catalogue {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Status, b.Status), cmp.Compare(len(a.Code), len(b.Code)), cmp.Compare(a.Code, b.Code))
	})
	return all
}
