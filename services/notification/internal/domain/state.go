// Package domain decides who is told what about an order, and follows each notification to its end.
//
// Model: an [Event] about an order makes [Notice] values: whom to tell, what kind of news. Each notice is one [Delivery]
// to one recipient over one channel, sent by as many attempts as it takes:
//
//	           an event             taken by the mail server
//	(none) ─────────────▶ queued ──────────────────────────────▶ sent
//	                      │ ▲  │
//	                      │ │  └───────────────────────────────▶ failed
//	                      └─┘    refused, or given up after a day
//	      put off, no answer,
//	      or the sender died: tried again
//
// Guarantees: a delivery's id follows from event, recipient and channel, so an event that comes again makes none anew. What
// an order needs of people is told by one event after another for as long as it needs it: there the id follows from the need,
// so it is told once, and what is left of several needs once more. Nobody gets two mails for one event; sent and failed are
// the end; an outcome that comes twice changes nothing, and a late one only if it says "sent". An attempt whose fate is unknown is made again: a notification goes out at least once.
//
// Failures: an event that tells of an outcome not known here is a [fault.Error]. Nothing here does I/O or reads a clock.
package domain

import "slices"

// State is where a delivery stands. The set is closed.
type State uint8

// The states. None is a delivery that nobody has asked for.
const (
	None State = iota
	Queued
	Sent
	Failed
)

var stateWords = [...]string{None: "none", Queued: "queued", Sent: "sent", Failed: "failed"}

// String is the state's word, as the database stores it.
func (s State) String() string { return stateWords[s] }

// ParseState reads what String wrote; ok is false for any other word.
func ParseState(word string) (s State, ok bool) {
	for i, w := range stateWords {
		if w == word {
			return State(i), true
		}
	}
	return None, false
}

// moves is the diagram above, and the only place that says what may follow what.
var moves = [...][]State{
	None:   {Queued},
	Queued: {Queued, Sent, Failed},
}

func (s State) may(to State) bool { return int(s) < len(moves) && slices.Contains(moves[s], to) }
