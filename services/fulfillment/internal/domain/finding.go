package domain

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// FindingKind is in which way our records and the vendor's disagree.
type FindingKind string

// The kinds of findings.
const (
	UnknownPurchase FindingKind = "unknown_purchase" // the vendor has it, we do not
	MissingPurchase FindingKind = "missing_purchase" // we think it is done, the vendor does not have it
	WrongState      FindingKind = "wrong_state"      // both have it, not in the same state
)

// FindingKinds is every kind.
var FindingKinds = []FindingKind{UnknownPurchase, MissingPurchase, WrongState}

// Discrepancy is one thing that a look at the vendor's records has shown to be otherwise than in ours.
type Discrepancy struct {
	Kind FindingKind
	// Customer is the tenant's id. VendorOrder, Subscription and Order (ours) are empty where there is none.
	Customer, VendorOrder, Subscription, Order string
	// Essence is what differs: when it changes, it is another finding.
	Essence      string
	Detail, Hint string
}

// ID is the same for the same discrepancy, whenever it is seen.
func (d Discrepancy) ID() string {
	subject := d.Subscription
	if subject == "" {
		subject = d.VendorOrder
	}
	named := strings.ToLower(strings.Join([]string{string(d.Kind), d.Customer, subject, d.Essence}, "/"))
	sum := sha256.Sum256([]byte(named))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8: made of a digest
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// FindingStage is how far a finding has come.
//
//	(seen) ─► suspected ─► open ─► gone (no longer so) ─► (seen)
//	              │          └───► closed (by a person) ─► gone
//	              └─► gone
//
// One look proves nothing, since the vendor's lists lag and an order of ours may be under way: a finding opens when a second
// look, later than the lag, sees the same. What a person has closed stays closed for as long as it is so;
// when it has been otherwise in between, it is told again.
type FindingStage string

// The stages.
const (
	Suspected FindingStage = "suspected"
	Open      FindingStage = "open"
	Gone      FindingStage = "gone"
	Closed    FindingStage = "closed"
)

// Finding is a discrepancy and what has become of it.
type Finding struct {
	Discrepancy
	Stage FindingStage
	// SeenAt is when it was first seen, FoundAt when it opened, ClosedAt when it ended; zero while it has not.
	SeenAt, FoundAt, ClosedAt time.Time
	// ClosedBy is who closed it, and Note what they had to say; nobody if it ended by itself.
	ClosedBy Person
	Note     string
}

// Standing is a finding that is so as far as is known, though a person may have closed it.
type Standing struct {
	ID           string
	Kind         FindingKind
	Subscription string
}

// Seen is the finding after a look that has shown the discrepancy. f is the zero value if it was never seen before.
func (f Finding) Seen(d Discrepancy, lag time.Duration, now time.Time) (next Finding, changed bool) {
	switch f.Stage {
	case "", Gone:
		return Finding{Discrepancy: d, Stage: Suspected, SeenAt: now}, true
	case Suspected:
		if now.Sub(f.SeenAt) < lag {
			return f, false
		}
		f.Discrepancy, f.Stage, f.FoundAt = d, Open, now
		return f, true
	case Open:
		if f.Discrepancy == d {
			return f, false
		}
		f.Discrepancy = d // its words changed
		return f, true
	default: // closed by a person, who knows
		return f, false
	}
}

// Unseen is the finding after a look that has not shown it.
func (f Finding) Unseen(now time.Time) (next Finding, changed bool) {
	switch f.Stage {
	case Suspected, Open:
		f.Stage, f.ClosedAt = Gone, now
		return f, true
	case Closed: // by whom stays told
		f.Stage = Gone
		return f, true
	default:
		return f, false
	}
}

// CloseBy is the finding after a person has closed it.
func (f Finding) CloseBy(who Person, note string, now time.Time) (Finding, error) {
	switch f.Stage {
	case Open:
		f.Stage, f.ClosedAt, f.ClosedBy, f.Note = Closed, now, who, note
		return f, nil
	case Gone, Closed:
		return f, fault.New(fault.Conflict, "finding_closed", "This finding is closed already.")
	default:
		return f, fault.New(fault.NotFound, "no_such_finding", "There is no such finding.")
	}
}
