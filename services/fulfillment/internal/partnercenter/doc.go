// Package partnercenter is the client of Microsoft's Partner Center, the place where licences are bought.
//
// # Model
//
// A [Client] belongs to one partner account: its credentials, its connections, its token. Every method is one operation
// at the vendor. The caller names each request with an [Exchange] (the idempotency key, the correlation id and the time
// after which it must not be sent any more) and gets back what the vendor said, typed, together with an [Answer] that says
// how it went: status, the four MS headers, how long it took, and above all the [Outcome].
//
//	            first byte written?            what came back?
//	call ──────── no ──────► NotSent
//	        └──── yes ─────► 2xx that can be read ───────────────► Done
//	                         4xx ────────────────────────────────► Refused   nothing happened, and will not as sent
//	                         409, stale etag, "not ready yet" ────► Conflict  nothing happened, look again and decide
//	                         429 ─────────────────────────────────► Throttled nothing happened, wait RetryAfter
//	                         5xx, 408, lost, late, not readable ──► Unknown   it may have happened
//
// A list is read to its last page or not at all. A subscription is changed by sending the whole of it back as it was read,
// with one property changed. What the vendor tells only to a signed-in user is asked with such a user's token, whose
// refresh token is kept in a file; without that file it is refused here ([NoUserSignIn]) and the caller goes on without. With
// [Config.DryRun] everything that would change something is logged and NotSent ([DryRun]), while questions go out.
//
// # Guarantees
//
//   - NotSent is exact. The bytes of a request pass one gate on its connection; the gate either lets the first byte go or is
//     shut for ever, never both. A call that was given up while it waited for a connection cannot be written afterwards.
//   - Exchange.SendBefore is compared with the clock at that gate, so no request begins later than it.
//   - Nothing that writes is ever repeated by this package, with one exception: a 401 means that the request was not
//     executed, so it is sent a second time with a fresh token. Answer.Requests counts both, for the rate budget.
//   - Whoever acts on an outcome may rely on the class of the code in the table (see [Describe]); a code that the table does
//     not have falls to the safe class of its status and is counted in seatflow_vendor_unknown_codes_total.
//   - Secrets and tokens are in no error, no log line and no metric. The newest refresh token is on the disk, in a file of mode
//     0600 that is replaced as a whole, before its access token is used; when that fails it is kept in memory and logged.
//   - No token goes to another host than the one that is set, wherever a list's links lead.
//
// # Failures
//
// The error of a method is nil exactly when the outcome is Done. It is always a *fault.Error with the plain sentence and
// the hint of the table. For a read, Unknown means only that nothing was learnt; a read may always be repeated. A context
// that ends while a request is on its way gives Unknown, so a worker that stops should let its calls finish first.
//
// # Reading the vendor's answers
//
// The documentation and the wire disagree in many small ways (see decode.go), so answers are read by a tolerant reader
// written for them: names in any case, numbers as strings and back, dates in all printed forms, unknown words kept, unknown
// properties ignored, a byte order mark dropped. An answer counts as read when it is complete JSON and has the id that its
// kind must have; anything less after a write is Unknown. Money stays the decimal text that the vendor sent.
//
// # How it grows
//
// An operation is one row in operations.go, one method next to its types (carts.go, orders.go, subscriptions.go …) and, if the
// vendor has new codes for it, rows in the catalogue files, of which `make gen` makes docs/vendor-codes.md. Nothing else knows
// the list of operations.
package partnercenter
