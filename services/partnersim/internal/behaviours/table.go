package behaviours

// Name names a behaviour.
type Name string

// The behaviours, in the order of the table.
const (
	ListLag           Name = "list_lag"
	RecheckoutRefused Name = "recheckout_refused"
	CheckoutRunning   Name = "checkout_running"
	OrderRunning      Name = "order_running"
	RequestIDReplay   Name = "request_id_replay"
	AnswerLost        Name = "answer_lost"
	GatewayTimeout    Name = "gateway_timeout"
	FailsBefore       Name = "fails_before"
	Throttled         Name = "throttled"
	PartialCheckout   Name = "partial_checkout"
	PartialSuccess    Name = "partial_success"
	OrderError        Name = "order_error"
	PendingReview     Name = "pending_review"
	PendingPO         Name = "pending_po_upload"
	LateSubscription  Name = "late_subscription_id"
	PatchAccepted     Name = "patch_accepted"
	EtagStale         Name = "etag_stale"
	UnknownStatus     Name = "unknown_status"
	ByteOrderMark     Name = "byte_order_mark"
	CodeAsText        Name = "code_as_text"
	TokenExpired      Name = "token_expired"
	WebhookDuplicate  Name = "webhook_duplicate"
	WebhookDisorder   Name = "webhook_disorder"
	WebhookDelay      Name = "webhook_delay"
)

// Kind is one row of the table of behaviours.
type Kind struct {
	Name    Name     `json:"name"`
	Does    string   `json:"does"`
	Asked   []string `json:"asked"`            // operations at which it is asked; empty: all
	Fields  []string `json:"fields,omitempty"` // of a rule that it heeds, beside which calls and how often
	Section string   `json:"section"`          // of the reference in docs, see README.md

	fill func(*Rule) // sets what a rule left open
}

var (
	purchases = []string{"checkout_cart", "create_order"}
	writes    = []string{"every POST, PUT and PATCH"}
)

// table is all there is to know about each behaviour; README.md has the same rows, held equal by a test.
var table = []Kind{
	{ListLag, "The order shows in lists only after `for_ms`, by id at once.", purchases, []string{"for_ms"}, "7.1, 10", longFor(15)},
	{RecheckoutRefused, "A repeated checkout answers 400/800065 instead of the first answer.", []string{"checkout_cart"}, nil, "8.4", nil},
	{CheckoutRunning, "The cart is bought; for `for_ms` afterwards its checkout answers 409/800064.", []string{"checkout_cart"}, []string{"for_ms"}, "3.5, 8.4", shortFor(5)},
	{OrderRunning, "The order is placed; for `for_ms` afterwards every further purchase of the customer answers 409/800060.", purchases, []string{"for_ms"}, "3.5, 12.2", shortFor(5)},
	{RequestIDReplay, "A repeated `MS-RequestId` of the same method and path gets the first answer again, without a second effect; a repeat while the first runs gets 409/800060. Remembered for `for_ms`.", writes, []string{"for_ms"}, "2.1", longFor(24 * 60)},
	{AnswerLost, "Takes effect, then the connection closes without an answer.", nil, nil, "12.2", nil},
	{GatewayTimeout, "Takes effect, then a gateway answers 504.", nil, nil, "12.2", nil},
	{FailsBefore, "500/800005 without effect.", nil, nil, "3.5", nil},
	{Throttled, "429 of shape 3, without effect; `for_ms` goes to `Retry-After`.", nil, []string{"for_ms"}, "4", shortFor(30)},
	{PartialCheckout, "The order groups in `indexes` become `orderErrors` with `code`; absent: all but the first, or the only one. The next checkout tries them again.", []string{"checkout_cart"}, []string{"indexes", "code"}, "8.3", codeOf(800005)},
	{PartialSuccess, "The order ends `partial_success`: its lines in `indexes` (absent: the last) are never fulfilled.", purchases, []string{"indexes"}, "7.5", nil},
	{OrderError, "The order ends `error` and buys nothing.", purchases, nil, "7.5", nil},
	{PendingReview, "The order is in `pending_review` for `for_ms` (absent: until an admin moves it), then ends as `text` says (absent: `completed`; else `cancelled`, `error`).", purchases, []string{"for_ms", "text"}, "7.5", nil},
	{PendingPO, "The order is in `pending_po_upload` until a purchase order comes (or an admin moves it), in `po_upload_complete` for `for_ms` (absent: until moved), then ends as `text` says (absent: `completed`; else `po_review_rejected`).", purchases, []string{"for_ms", "text"}, "7.5, 7.8", nil},
	{LateSubscription, "The order is `completed`, its `subscriptionId` and subscription come `for_ms` later.", purchases, []string{"for_ms"}, "7.3, 10", shortFor(60)},
	{PatchAccepted, "A change of a subscription answers 202 with `Location`; it shows after `for_ms`, until when further changes answer 409 with `code`.", []string{"update_subscription"}, []string{"for_ms", "code"}, "9.3", shortFor(30, 900278)},
	{EtagStale, "The etag that `If-Match` names has just been replaced: 400/2055 until the resource is read again.", []string{"update_subscription"}, nil, "9.3", nil},
	{UnknownStatus, "The order's status is a word that nobody knows: `text`.", []string{"get_order", "list_orders", "checkout_cart", "create_order"}, []string{"text"}, "7.5", textOf("in_consultation")},
	{ByteOrderMark, "A byte order mark stands before the JSON.", nil, nil, "13", nil},
	{CodeAsText, "The `code` of an error is a string.", nil, nil, "3.1", nil},
	{TokenExpired, "The token is no longer good: 401/400 for this call and all later ones with it.", nil, nil, "1.2", nil},
	{WebhookDuplicate, "A notification is sent `count` times (absent: 2).", []string{"webhook"}, []string{"count"}, "11.2", countOf(2)},
	{WebhookDisorder, "A notification is held back until the next one has gone, at most `for_ms`.", []string{"webhook"}, []string{"for_ms"}, "11.2", shortFor(60)},
	{WebhookDelay, "A notification is sent `for_ms` later.", []string{"webhook"}, []string{"for_ms"}, "10, 11.3", longFor(48 * 60)},
}

// Table gives all behaviours.
func Table() []Kind { return table }

func kind(name Name) *Kind {
	for n := range table {
		if table[n].Name == name {
			return &table[n]
		}
	}
	return nil
}
