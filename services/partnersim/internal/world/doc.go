// Package world is what the vendor knows: customers, the catalogue, carts, orders, subscriptions, and a ledger of every
// effect. It is plain state with the vendor's rules; HTTP, clocks and faults are other packages' business.
//
// # Model
//
//	cart ──Checkout──► purchase ──► one order per order group ──► one subscription per line
//	Active             Ordered      pending ──(delay)──► completed     active ◄──► suspended, ──► deleted
//
// A purchase is decided once, at checkout. That its order is still pending, and its subscriptions not there yet, is
// worked out on reading from the time that is passed in: there are no timers. Ids carry their number in scrambled form
// (see ids.go), so nothing has to be looked up by text and an id that was never given out is recognised.
//
// # Guarantees
//
//   - One cart is bought at most once, however often and by however many callers it is checked out at a time.
//   - Every effect is in the ledger, in the same step as the effect itself; a repeat that changes nothing adds nothing.
//   - Time, and the key that ids are made with, come in from outside: the same calls give the same answers.
//   - Memory is bounded: the newest Limits.Purchases carts (with their orders and subscriptions) and the newest
//     Limits.Effects ledger rows are kept. What is forgotten answers as if it had never been; how often each cart was bought
//     is kept for ever, in one byte.
//   - Amounts are exact decimals (see Amount).
//
// # Failures
//
// What the vendor would refuse comes back as a *Refusal, with the documented HTTP status and code; nothing was changed
// then. There are no other errors. A World is safe for concurrent use; each method is one short step under one lock.
package world
