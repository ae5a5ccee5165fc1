package letter

import (
	"embed"
	"strings"
	"text/template"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Kind is what a letter tells. The set is closed.
type Kind uint8

// The kinds. The zero value is none of them.
const (
	ApprovalNeeded Kind = iota + 1 // to admins
	OrderFailed                    // to admins
	Completed                      // to the requester, as all below
	CompletedWithErrors
	Rejected
	Cancelled
	Expired
)

var kindWords = [...]string{
	ApprovalNeeded: "approval_needed", OrderFailed: "order_failed", Completed: "completed",
	CompletedWithErrors: "completed_with_errors", Rejected: "rejected", Cancelled: "cancelled", Expired: "expired",
}

// String is the kind's stable word, such as "approval_needed"; empty outside the set.
func (k Kind) String() string {
	if int(k) >= len(kindWords) {
		return ""
	}
	return kindWords[k]
}

// Letter is a mail's words.
type Letter struct {
	Subject string // one line
	Text    string // plain text, lines ended by LF
}

//go:embed templates
var files embed.FS

var templates = template.Must(template.New("").ParseFS(files, "templates/*.txt"))

// Render writes the letter of a kind.
func Render(kind Kind, f Facts) (Letter, error) {
	word := kind.String()
	if word == "" {
		return Letter{}, fault.New(fault.Internal, "unknown_letter", "There is no such letter.").In("letter.render")
	}
	c := f.clean()
	var subject, text strings.Builder
	text.Grow(1024)
	for _, part := range []struct {
		name string
		into *strings.Builder
	}{{word + ".subject", &subject}, {word + ".txt", &text}} {
		if err := templates.ExecuteTemplate(part.into, part.name, c); err != nil {
			return Letter{}, fault.New(fault.Internal, "letter_not_written", "The letter could not be written.").In("letter.render").On(word).Because(err)
		}
	}
	return Letter{Subject: clean(subject.String(), maxSubject), Text: strings.TrimSpace(text.String()) + "\n"}, nil
}
