package domain

import "slices"

// Status is where the order stands. The zero value means that it does not exist yet.
//
//	(granted) ─┬─► scheduled ─► processing ◄──────────────── retry ──────────────┐
//	           ├───────────────►  │  ▲ ▲                                         │
//	           │                  │  │ └──► waiting_on_vendor ─┐                 │
//	           │                  │  └────► outcome_unknown ───┤                 │
//	           │                  ▼                            ▼                 │
//	           │      completed · failed · completed_with_errors ────────────────┘
//	           │                    │               │
//	           └─► cancelled ◄──────┘               └─► completed (cancelled: what failed is given up)
//	                   ▲ scheduled, processing
//
// A retry of an order whose cart was handed to a person looks at that cart again; the order stays outcome_unknown meanwhile.
type Status uint8

// The statuses. Their numbers are not stored; their words are.
const (
	Scheduled Status = iota + 1
	Processing
	WaitingOnVendor
	OutcomeUnknown
	Failed
	CompletedWithErrors
	Completed
	Cancelled
)

var statusWords = [...]string{
	Scheduled: "scheduled", Processing: "processing", WaitingOnVendor: "waiting_on_vendor", OutcomeUnknown: "outcome_unknown",
	Failed: "failed", CompletedWithErrors: "completed_with_errors", Completed: "completed", Cancelled: "cancelled",
}

// String is the status's stable word; the zero value reads "".
func (s Status) String() string {
	if int(s) >= len(statusWords) {
		return ""
	}
	return statusWords[s]
}

// StatusOf finds a status by its word; 0 if there is none.
func StatusOf(word string) Status {
	if word == "" {
		return 0
	}
	return Status(max(0, slices.Index(statusWords[:], word)))
}

// moves is every step that a status may take. A decision that takes another one is a fault of this package; tests hold it.
var moves = [...][]Status{
	0:                   {Scheduled, Processing, Failed, Cancelled},
	Scheduled:           {Processing, Failed, Cancelled},
	Processing:          {WaitingOnVendor, OutcomeUnknown, Failed, CompletedWithErrors, Completed, Cancelled},
	WaitingOnVendor:     {Processing, OutcomeUnknown, Failed, CompletedWithErrors, Completed, Cancelled},
	OutcomeUnknown:      {Processing, WaitingOnVendor, Failed, CompletedWithErrors, Completed},
	Failed:              {Processing, Cancelled},
	CompletedWithErrors: {Processing, Completed},
	Completed:           {},
	Cancelled:           {},
}

// May says whether the order may go from one status to another in one decision.
func (s Status) May(next Status) bool { return s == next || slices.Contains(moves[s], next) }

// LineStatus is where a line stands. The numbers are stored: they are never used again for anything else.
type LineStatus uint8

// The statuses of a line.
const (
	LinePending LineStatus = iota + 1
	LineHeld               // waits for an earlier change of the same subscription
	LineInFlight
	LineUnknown
	LineProvisioning // accepted by the vendor
	LineFulfilled
	LineUnfulfilled // cancelled at the vendor
	LineFailed
	LineCancelled
)

// Settled says whether nothing more happens to the line by itself.
func (s LineStatus) Settled() bool { return s >= LineFulfilled }

// lost says whether the line ended without what was ordered, so that a retry is about it.
func (s LineStatus) lost() bool { return s == LineUnfulfilled || s == LineFailed }
