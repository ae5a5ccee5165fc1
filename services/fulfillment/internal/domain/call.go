package domain

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Step is what a track's current call is for. The numbers are stored: they are never used again for anything else.
type Step uint8

// The steps.
const (
	StepCreate   Step = iota + 1 // cart: make it
	StepCheckout                 // cart: buy it
	StepInspect                  // cart: has it been bought?
	StepPoll                     // vendor order: how far is it?
	StepRead                     // subscription: what is there before the change
	StepPatch                    // subscription: make it
	StepVerify                   // subscription: did the unanswered change happen?
	StepAwait                    // subscription: has the accepted change shown yet?
)

// The steps of the other changes.
const (
	StepOffer    Step = iota + 32 // product: what is there, and may it be changed?
	StepMove                      // product: change it
	StepTrace                     // product: did the unanswered change happen?
	StepFollow                    // product: how far is the change?
	StepPurchase                  // purchase: what is there to be cancelled?
	StepRevoke                    // purchase: cancel it
	StepRevoked                   // purchase: did the unanswered cancellation happen?
	StepRevoking                  // purchase: has the accepted cancellation shown yet?
)

// The steps of the purchase side that came later.
const (
	StepUpload   Step = iota + 64 // purchase order: send it
	StepUploaded                  // purchase order: has it arrived?
	StepSearch                    // cart: what has become of it, by the vendor's lists?
	StepClaim                     // line: does the vendor's order that a person named fit?
	StepDeny                      // line: do the vendor's lists really not have it?
)

// Operation is the word for a kind of call, in the engine's rows and in metrics.
type Operation string

// The operations.
const (
	CartCreate        Operation = "cart_create"
	CartCheckout      Operation = "cart_checkout"
	CartGet           Operation = "cart_get"
	OrderGet          Operation = "order_get"
	SubscriptionGet   Operation = "subscription_get"
	SubscriptionPatch Operation = "subscription_patch"
	TransitionCheck   Operation = "transition_check"
	TransitionCreate  Operation = "transition_create"
	TransitionGet     Operation = "transition_get"
	PurchaseGet       Operation = "purchase_get"
	PurchaseCancel    Operation = "purchase_cancel"
	// Turn asks nobody: it brings an order's place in a queue into line with what its lines want.
	Turn           Operation = "turn"
	AttachmentPost Operation = "attachment_post"
	AttachmentsGet Operation = "attachments_get"
	PurchasesList  Operation = "purchases_list"
	BooksCompare   Operation = "books_compare" // no order's: all that the vendor has of a customer
)

var operationOf = [...]Operation{
	StepCreate: CartCreate, StepCheckout: CartCheckout, StepInspect: CartGet, StepPoll: OrderGet,
	StepRead: SubscriptionGet, StepPatch: SubscriptionPatch, StepVerify: SubscriptionGet, StepAwait: SubscriptionGet,
	StepOffer: TransitionCheck, StepMove: TransitionCreate, StepTrace: TransitionGet, StepFollow: TransitionGet,
	StepPurchase: PurchaseGet, StepRevoke: PurchaseCancel, StepRevoked: PurchaseGet, StepRevoking: PurchaseGet,
	StepUpload: AttachmentPost, StepUploaded: AttachmentsGet, StepSearch: PurchasesList,
	StepClaim: OrderGet, StepDeny: PurchasesList,
}

// Effect says whether a call of this kind may have an effect that is not to be had twice, so that one without an answer stays open.
func (o Operation) Effect() bool {
	switch o {
	case CartCheckout, SubscriptionPatch, TransitionCreate, PurchaseCancel, AttachmentPost:
		return true
	default:
		return false
	}
}

// Queued says whether a call of this kind is about something whose changes wait in a queue.
func (o Operation) Queued() bool {
	switch o {
	case Turn, SubscriptionGet, SubscriptionPatch, TransitionCheck, TransitionCreate, TransitionGet, PurchaseGet, PurchaseCancel:
		return true
	default:
		return false
	}
}

// irreversible says whether a cancel comes too late once the call has begun.
func (s Step) irreversible() bool { return operationOf[s].Effect() }

// Call is a call to be made. Its intent commits with the order.
type Call struct {
	ID string
	// Order is whose call it is, if not the deciding order's own.
	Order     string
	Operation Operation
	Priority  Priority
	// Due is zero for at once, and else a wait from now in the vendor's time.
	Due time.Time
	// NotBefore is the earliest moment by this machine's clock, however fast the vendor's goes; mostly zero.
	NotBefore time.Time
	Body      Body
}

// Body is what a call needs; it is stored with the intent and never changes.
type Body struct {
	Customer string     `json:"u,omitempty"`
	Line     int32      `json:"l,omitempty"`
	Cart     string     `json:"c,omitempty"`
	Lines    []CartLine `json:"b,omitempty"`
	// Since is when what is looked for cannot be older.
	Since time.Time `json:"a,omitzero"`
	Order string    `json:"o,omitempty"` // the vendor's
	// Deep asks how far the Order's lines are too, if the order alone does not tell, Links for the links of those that are there.
	Deep  bool `json:"j,omitempty"`
	Links bool `json:"g,omitempty"`
	// Claim asks who else of ours has the Order too.
	Claim bool `json:"n,omitempty"`
	// Subscription has a Property set to Target (seats) or To (a word) if it still has Base or From, or if it has
	// Target or To already and Repeat says that this may be the effect of an earlier attempt.
	Subscription string   `json:"s,omitempty"`
	Property     Property `json:"p,omitempty"`
	Base         int64    `json:"q,omitempty"`
	Target       int64    `json:"t,omitempty"`
	From         string   `json:"m,omitempty"`
	To           string   `json:"z,omitempty"`
	Repeat       bool     `json:"e,omitempty"`
	// Attempts are the calls without an answer that made or did not make it.
	Attempts []string `json:"k,omitempty"`
	// By is how many seats more a change wants, or fewer: what a look before it has to find out.
	By int64 `json:"d,omitempty"`
	// Item, Term and Cycle are the product that Target seats of the subscription move to; To is the way.
	Item  string `json:"i,omitempty"`
	Term  string `json:"w,omitempty"`
	Cycle string `json:"y,omitempty"`
	// Rows are the lines of the vendor's Order that are to be cancelled; none means all.
	Rows []int32 `json:"x,omitempty"`
	// File is what is to be attached to the vendor's Order.
	File *File `json:"f,omitempty"`
	// Request is the request id to be used again; empty means the call's own id.
	Request string `json:"r,omitempty"`
}

// CartLine is one thing to put into the cart.
type CartLine struct {
	Number   int32  `json:"n,omitempty"` // the order's line
	Item     string `json:"i,omitempty"`
	Name     string `json:"f,omitempty"` // friendly name, with the line's token
	Quantity int64  `json:"q,omitempty"`
	Term     string `json:"t,omitempty"`
	Cycle    string `json:"b,omitempty"`
	// Parent is the subscription that an add-on is for.
	Parent string `json:"p,omitempty"`
}

// callID is the id of an order's n-th call: a UUID that sorts next to the order's own and never repeats, since the count is
// committed with the call. It serves as the vendor's request id too.
func callID(order string, n int) string {
	sum := sha256.Sum256(strconv.AppendInt(append(append(make([]byte, 0, 64), order...), '/'), int64(n), 10))
	id := uuid.UUID(sum[:16])
	if own, err := uuid.Parse(order); err == nil {
		copy(id[:8], own[:8])
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

var tokenAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// tokenOf is the short word that finds a line again at the vendor. It stays the same through all attempts of an intent.
func tokenOf(order string, line int32, intent int) string {
	named := append(append(append(make([]byte, 0, 64), "line/"...), order...), '/')
	named = strconv.AppendInt(named, int64(line), 10)
	if intent > 0 {
		named = strconv.AppendInt(append(named, '/'), int64(intent), 10)
	}
	sum := sha256.Sum256(named)
	return string(tokenAlphabet.AppendEncode([]byte("SF-"), sum[:5]))
}

// friendlyName is the name that a line has at the vendor.
func friendlyName(product, token string) string { return product + " [" + token + "]" }

// spread moves a wait by up to a tenth, either way, always the same for the same call, so that what began together
// does not stay together.
func spread(wait time.Duration, callID string) time.Duration {
	sum := sha256.Sum256([]byte(callID))
	tenth := int64(wait) / 10
	if tenth <= 0 {
		return wait
	}
	return wait - time.Duration(tenth) + time.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(2*tenth+1))
}
