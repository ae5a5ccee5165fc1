package letter

import "github.com/seatflow/seatflow/services/kit/fault"

// Kind is what a letter tells. The set is closed.
type Kind uint8

// The kinds. The zero value is none of them.
const (
	ApprovalNeeded Kind = iota + 1 // to admins
	ActionNeeded                   // to admins
	OrderFailed                    // to admins
	Completed                      // to the requester, as all below
	CompletedWithErrors
	Rejected
	Cancelled
	Expired
)

var kindWords = [...]string{
	ApprovalNeeded: "approval_needed", ActionNeeded: "action_needed", OrderFailed: "order_failed", Completed: "completed",
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

// Render writes the letter of a kind.
func Render(kind Kind, f Facts) (Letter, error) {
	if kind.String() == "" {
		return Letter{}, fault.New(fault.Internal, "unknown_letter", "There is no such letter.").In("letter.render")
	}
	c := f.clean()
	var p page
	p.text.Grow(1024)
	p.words(kind, &c)
	return Letter{Subject: clean(p.subject, maxSubject), Text: p.text.String()}, nil
}
