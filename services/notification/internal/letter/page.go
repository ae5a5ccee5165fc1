package letter

import (
	"strconv"
	"strings"
)

// words writes the letter of a kind: what happened, the order, why it stands so, and what can be done.
func (p *page) words(kind Kind, f *shown) {
	switch kind {
	case ApprovalNeeded:
		p.open(f, "Approval needed", "An order waits for your approval.")
		p.list("Why it is held:", "  - ", f.Reasons)
		p.list("To decide, type one of:", "  ", f.Commands)
	case ActionNeeded:
		p.open(f, "Action needed", "An order cannot go on until somebody acts.")
		if len(f.Reasons) > 0 {
			p.subject += ": " + f.Reasons[0]
		}
		p.list("What is known:", "  - ", f.Reasons)
		p.list("What to do:", "  - ", f.Todo)
		label := "Then type:"
		if len(f.Commands) > 1 {
			label = "Then type one of:"
		}
		p.list(label, "  ", f.Commands)
		if len(f.Todo) > 0 && len(f.Commands) == 0 {
			p.add("\n\nNothing has to be typed then: Seatflow looks again every hour, and goes on by itself.")
		}
	case OrderFailed:
		p.open(f, "Order failed", "An order has failed and waits for you.")
		if f.Error != "" {
			p.subject += ": " + f.Error
		}
		p.say("What went wrong:\n  ", f.Error, "")
		p.say("What to do:\n  ", f.Hint, "")
		p.list("Then type one of:", "  ", f.Commands)
	case Completed:
		p.open(f, "Order completed", "Your order is completed.")
		p.say("Approved by ", f.DecidedBy, ".")
	case CompletedWithErrors:
		p.open(f, "Order completed with errors", "Your order is completed only in part.")
		p.say("What went wrong:\n  ", f.Error, "")
		p.say("What to do:\n  ", f.Hint, "")
	case Rejected:
		p.open(f, "Order rejected", "Your order was rejected"+by(f.DecidedBy)+". Nothing was bought.")
		p.list("Reason:", "  - ", f.Reasons)
	case Cancelled:
		p.open(f, "Order cancelled", "Your order was cancelled"+by(f.DecidedBy)+". Nothing more of it will be bought.")
		p.list("Reason:", "  - ", f.Reasons)
	case Expired:
		p.open(f, "Order expired", "Your order has expired: nobody decided about it in time. Nothing was bought.")
		p.list("Reason:", "  - ", f.Reasons)
		p.say("", "Place the order again if it is still wanted.", "")
	}
	p.close(f)
}

// page is a letter while it is written. Its methods leave out what has no fact.
type page struct {
	subject string
	text    strings.Builder
}

// open writes the subject, the first line and the order.
func (p *page) open(f *shown, subject, first string) {
	about := append(make([]string, 0, 3), f.Name)
	for _, fact := range [...]string{f.Customer, f.Amount} {
		if fact != "" {
			about = append(about, fact)
		}
	}
	p.subject = subject + ": " + strings.Join(about, ", ")
	p.add(first, "\n\nOrder:        ", f.Name)
	for _, fact := range [...]struct{ label, value string }{
		{"\nCustomer:     ", f.Customer}, {"\nRequested by: ", f.Requester}, {"\nAmount:       ", f.Amount},
	} {
		if fact.value != "" {
			p.add(fact.label, fact.value)
		}
	}
	label := "Lines:"
	if len(f.Lines) == 1 {
		label = "Line:"
	}
	p.list(label, "  - ", f.Lines)
	if f.MoreLines > 0 {
		p.add("\n  - and ", strconv.Itoa(f.MoreLines), " more")
	}
}

// close writes where the order is seen, and who sent the letter.
func (p *page) close(f *shown) {
	label := "\n\nSee the order:"
	for _, place := range [...]string{f.URL, f.Show} {
		if place != "" {
			p.add(label, "\n  ", place)
			label = ""
		}
	}
	p.add("\n\n-- \nSeatflow sent this by itself.")
	if f.ID != "" && f.Number != "" {
		p.add(" Order id ", f.ID, ".")
	}
	p.add("\n")
}

// say writes a paragraph around a fact.
func (p *page) say(before, fact, after string) {
	if fact != "" {
		p.add("\n\n", before, fact, after)
	}
}

// list writes a paragraph of facts, each on a line of its own behind a mark.
func (p *page) list(label, mark string, facts []string) {
	if len(facts) > 0 {
		p.add("\n\n", label)
	}
	for _, fact := range facts {
		p.add("\n", mark, fact)
	}
}

func (p *page) add(texts ...string) {
	for _, t := range texts {
		p.text.WriteString(t)
	}
}

func by(whom string) string {
	if whom == "" {
		return ""
	}
	return " by " + whom
}
