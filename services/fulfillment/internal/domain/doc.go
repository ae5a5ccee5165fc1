// Package domain decides what is done with an approved order at the vendor: which call comes next, what an answer means for
// the lines, when the order has come to its end. It is pure: no I/O, no clock, no randomness; time comes in as an argument
// and the ids of calls are derived from the order's id.
//
// # Model
//
// An order has lines. The lines that buy a new subscription share one cart; a line that changes what exists has a way of its
// own: look, change, look again. Each of them, and each vendor order that is polled, has a [Track]: the step it stands at and the one call
// that is current there. A function of this package takes the order as it is and one input (the approval, an answer, a
// command, the time) and gives a [Decision]: the new order, the calls to make, at most one event.
//
//	cart:   create ──► checkout ──► (poll each vendor order)
//	                      ▲  │ no answer, then refused
//	                      │  ▼
//	                     inspect ──► search ──► (poll), or create
//	                          the cart is gone; or "already submitted"
//
//	change: look ──► change ──► (await, when the vendor takes longer)
//	                  ▲  │ no answer
//	                  │  ▼
//	                 verify
//
// All orders that change one subscription wait in one [Queue], in the order of their arrival.
//
// # Guarantees
//
//   - A line is in at most one cart whose outcome is not definite, and only the stored cart is checked out. A new cart is
//     made only when the old one was definitely refused for that line, or is gone and two complete looks into the vendor's lists,
//     after these had their time, did not show the line; or when a person has said that it was not bought, and one such look
//     afterwards did not show it either. See [Said].
//   - A purchase is not sent while that of an equal one by another order is unknown.
//   - A change leads to an absolute state that the first look has fixed. It is sent again only after a look, taken when no
//     earlier attempt can still be on its way, has shown the old state and the vendor's activity log, as far as it tells, none of the attempts; a change
//     of product, which the vendor makes as often as it is asked, only when its history has had its time to show it too.
//   - Of all orders about one subscription only the first one in its queue looks at it and changes it, until that is settled. Whoever
//     leaves a queue leaves a call behind that wakes the next one.
//   - Once an attempt went unanswered, no later refusal settles it; only a look-up does, or the vendor's word that it is done.
//   - An answer to a call that is not current changes nothing, unless it says that the change has been made.
//   - Every open line has a current call, or waits for a line, an order or a [Turn] that will let it go. A
//     scheduled order has a due time, and every open one a deadline, but for one on its shortest way.
//   - Nothing is looked for in silence for ever: when looks are refused, or lead nowhere for about a day, the order says so and
//     who must act.
//   - At most one event per decision, the most telling one.
//
// # Failures
//
// Only commands fail: with a fault of kind conflict when the order's state does not allow them. Everything else is repeated,
// late or foreign input, and changes nothing.
package domain
