package world

import (
	"math"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
)

// EffectKind says what happened.
type EffectKind string

// The kinds of effect.
const (
	EffectPurchase  EffectKind = "purchase"   // one line of a cart was bought
	EffectQuantity  EffectKind = "quantity"   // seats were added or removed
	EffectStatus    EffectKind = "status"     // suspended, reactivated or cancelled
	EffectTerm      EffectKind = "term"       // another term or billing cycle, now or as an instruction for the next term
	EffectName      EffectKind = "name"       // renamed
	EffectAutoRenew EffectKind = "auto_renew" // switched on or off
	EffectGiven     EffectKind = "given"      // made by hand or seeded: nobody bought it

	EffectTransition   EffectKind = "transition"   // seats were moved to another product
	EffectCancel       EffectKind = "cancel"       // a line of an order was taken back
	EffectAttachment   EffectKind = "attachment"   // a purchase order was uploaded
	EffectRegistration EffectKind = "registration" // an Azure subscription was registered for reservations
)

// Effect is one row of the ledger: something that really changed at the vendor. One update that changes several things at
// once is one effect, of the foremost kind in the list above.
type Effect struct {
	Number       uint64 // 1, 2, 3 … without gaps
	At           time.Time
	Kind         EffectKind
	Customer     ID
	Cart         ID     // zero: not by a cart
	Order        string // empty: not by an order
	Line         int    // of the cart
	Subscription ID
	Target       ID // of a transition: where the seats went
	Item         string
	Before       int64 // seats
	After        int64 // seats
	Status       string
	FriendlyName string
	RequestID    string // MS-RequestId of the call, as sent or made up
	Correlation  string // its MS-CorrelationId
}

// Request is the call that a change comes from.
type Request struct {
	ID     string           // MS-RequestId, as sent or made up
	Trace  string           // MS-CorrelationId, likewise
	Behave *behaviours.Call // nil: as usual
	Made   *Span            // told which rows of the ledger the call made; nil: nobody asks
}

// Span is a run of ledger rows; zero: none.
type Span struct{ First, Last uint64 }

// ledger keeps counts of everything and the newest effects in full.
type ledger struct {
	limit  int
	total  uint64
	chunks [][]Effect // together a ring of limit rows; made as they are needed, so that no row is ever copied
	counts map[EffectKind]uint64
	carts  cartCounts
}

// add writes a row and tells the call that made it.
func (l *ledger) add(e Effect, by Request) {
	l.total++
	e.Number, e.RequestID, e.Correlation = l.total, by.ID, by.Trace
	if by.Made != nil {
		if by.Made.First == 0 {
			by.Made.First = e.Number
		}
		by.Made.Last = e.Number
	}
	if l.counts == nil {
		l.counts = map[EffectKind]uint64{}
	}
	l.counts[e.Kind]++
	if at := (l.total - 1) / effectsPerChunk; l.total <= uint64(l.limit) && at == uint64(len(l.chunks)) {
		l.chunks = append(l.chunks, make([]Effect, min(effectsPerChunk, uint64(l.limit)-at*effectsPerChunk)))
	}
	*l.row(l.total) = e
}

const effectsPerChunk = 256

// row is where an effect stands that is kept, by its number.
func (l *ledger) row(number uint64) *Effect {
	at := (number - 1) % uint64(l.limit)
	return &l.chunks[at/effectsPerChunk][at%effectsPerChunk]
}

func (l *ledger) kept() uint64 { return min(l.total, uint64(l.limit)) }

// cartCounts says for every cart ever made how often it was bought, in one byte each.
type cartCounts struct {
	chunks [][]uint8
	made   uint64
	sold   uint64
	twice  uint64 // carts bought more than once
}

const cartsPerChunk = 1 << 16

func (c *cartCounts) open() {
	if c.made%cartsPerChunk == 0 {
		c.chunks = append(c.chunks, make([]uint8, cartsPerChunk))
	}
	c.made++
}

func (c *cartCounts) bought(number uint64) {
	count := &c.chunks[number/cartsPerChunk][number%cartsPerChunk]
	switch *count {
	case 0:
		c.sold++
	case 1:
		c.twice++
	}
	if *count < math.MaxUint8 {
		*count++
	}
}

// Tally is the ledger in numbers; they cover everything since the start or the last reset.
type Tally struct {
	Effects     uint64
	ByKind      map[EffectKind]uint64
	Kept        int    // effects that can still be read in full
	Forgotten   uint64 // effects that cannot
	Carts       uint64 // made
	CartsBought uint64
	BoughtTwice uint64 // carts bought more than once: 0, or this simulator is broken
}

// Tally sums up the ledger.
func (w *World) Tally() Tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &w.ledger
	t := Tally{
		Effects: l.total, ByKind: make(map[EffectKind]uint64, len(l.counts)), Kept: int(l.kept()),
		Forgotten: l.total - l.kept(), Carts: l.carts.made, CartsBought: l.carts.sold, BoughtTwice: l.carts.twice,
	}
	for kind, count := range l.counts {
		t.ByKind[kind] = count
	}
	return t
}

// Effects gives the kept effects with a number above after that pass the filter, oldest first, at most limit of them
// (0: all).
func (w *World) Effects(after uint64, limit int, pass func(*Effect) bool) []Effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &w.ledger
	list := []Effect{}
	oldest := l.total - l.kept() + 1
	for n := max(oldest, after+1); n <= l.total && (limit <= 0 || len(list) < limit); n++ {
		if e := l.row(n); pass == nil || pass(e) {
			list = append(list, *e)
		}
	}
	return list
}

// CartCount says how often a cart was bought (at most 255 is counted); false when no such cart was ever made. It knows
// every cart since the start or the last reset, also those whose rows are forgotten.
func (w *World) CartCount(cart ID) (count int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	number, ok := w.ids.number(kindCart, cart)
	if !ok || number >= w.next {
		return 0, false
	}
	return int(w.ledger.carts.chunks[number/cartsPerChunk][number%cartsPerChunk]), true
}
