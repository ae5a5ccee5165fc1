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
	StepRead                     // seats: the quantity before the change
	StepPatch                    // seats: set the quantity
	StepVerify                   // seats: did the unanswered change happen?
	StepAwait                    // seats: has the accepted change shown yet?
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
)

var operationOf = [...]Operation{
	StepCreate: CartCreate, StepCheckout: CartCheckout, StepInspect: CartGet, StepPoll: OrderGet,
	StepRead: SubscriptionGet, StepPatch: SubscriptionPatch, StepVerify: SubscriptionGet, StepAwait: SubscriptionGet,
}

// irreversible says whether a cancel comes too late once the call has begun.
func (s Step) irreversible() bool { return s == StepCheckout || s == StepPatch }

// priority orders waiting calls, lower first: what buys and what settles an unknown before what only looks how far things are.
func (s Step) priority() int16 {
	if s == StepPoll || s == StepAwait {
		return 10
	}
	return 0
}

// Call is a call to be made. Its intent commits with the order.
type Call struct {
	ID        string
	Operation Operation
	Priority  int16
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
	Order    string     `json:"o,omitempty"` // the vendor's
	// Subscription is set to Target if it still has Base, or if it has Target already and Repeat says that
	// this may be the effect of an earlier attempt.
	Subscription string `json:"s,omitempty"`
	Base         int64  `json:"q,omitempty"`
	Target       int64  `json:"t,omitempty"`
	Repeat       bool   `json:"e,omitempty"`
	// Behind is the order that was changing the subscription when the call was decided on; it is looked at again with the answer.
	Behind string `json:"h,omitempty"`
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

// tokenOf is the short word that finds a line again at the vendor. It stays the same through all attempts.
func tokenOf(order string, line int32) string {
	named := append(append(append(make([]byte, 0, 64), "line/"...), order...), '/')
	sum := sha256.Sum256(strconv.AppendInt(named, int64(line), 10))
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
