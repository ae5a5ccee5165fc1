// Package domain decides what is done with an approved order at the vendor: which call comes next, what an answer means for
// the lines, when the order has come to its end. It is pure: no I/O, no clock, no randomness; time comes in as an argument
// and the ids of calls are derived from the order's id.
//
// # Model
//
// An order has lines. The lines that buy a new subscription share one cart; a line that changes seats has its own
// subscription. Each of them, and each vendor order that is polled, has a [Track]: the step it stands at and the one call
// that is current there. A function of this package takes the order as it is and one input (the approval, an answer, a
// command, the time) and gives a [Decision]: the new order, the calls to make, at most one event.
//
//	cart:   create ──► checkout ──► (poll each vendor order)
//	                      ▲  │ no answer, then refused; or "already submitted"
//	                      │  ▼
//	                     inspect
//
//	seats:  read ──► patch ──► (await, when the vendor takes longer)
//	                 ▲  │ no answer
//	                 │  ▼
//	                verify
//
// # Guarantees
//
//   - A line is in at most one cart whose outcome is not definite, and only the stored cart is checked out. A new cart is
//     made only when the old one was definitely refused for that line.
//   - A change of seats sets an absolute quantity that the first read of the subscription has fixed. It is sent again only
//     after a look at the subscription, taken when no earlier attempt can still be on its way, has shown the old quantity.
//   - Of all orders about one subscription only the one whose turn it is ([Subscription]) changes it, until that is settled.
//   - Once an attempt went unanswered, no later refusal settles it; only a look-up does, or the vendor's word that it is done.
//   - An answer to a call that is not current changes nothing, unless it says that the change has been made.
//   - Every open line has a current call, or waits for a line that has one, or is in a cart that has been handed to a person,
//     which a retry looks at again. A scheduled order has a due time.
//   - Nothing is looked for in silence for ever: when looks are refused, or lead nowhere for about a day, the order says so and
//     who must act.
//   - At most one event per decision, the most telling one.
//
// # Failures
//
// Only commands fail: with a fault of kind conflict when the order's state does not allow them. Everything else is repeated,
// late or foreign input, and changes nothing.
package domain
