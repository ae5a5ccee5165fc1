// Package calls makes the calls that fulfillment has decided on.
//
// Model: the domain decides on a call and says what it needs; the engine commits the intent and runs it here; the answer of
// Partner Center's client becomes the domain's. Each call brings a token of the rate budget for its first request; the client takes
// another one before each further request. While the vendor fails call after call, a breaker gives calls back unsent.
//
// Guarantees: the request id is the call's id, or that of an earlier call that got no answer at all. What was certainly not
// executed (not a byte sent, throttled) is given back to the engine, which makes it again by the same intent. Only a checkout
// and a change of what exists can be unknown. A change of a subscription is sent only if what it changes is still what it
// builds on; within this process no two changes of one subscription run at once.
//
// Failures: none. Whatever happens is an answer.
package calls

import (
	"cmp"
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// slack is what a call may take beyond the vendor's answer.
const slack = 2 * time.Second

// manyPages is how many times as long as one answer a comparison with the vendor's lists may take.
const manyPages = 8

// Vendor makes the calls that were decided on.
type Vendor struct {
	Client *partnercenter.Client
	// Pay has the first request to a resource pay with the token that its call brought. Optional.
	Pay func(ctx context.Context, resource string, until time.Time) context.Context
	// Breaker keeps calls back while the vendor does not answer; nil keeps none.
	Breaker *Breaker
	// ReadTimeout and WriteTimeout are how long the client waits for an answer.
	ReadTimeout, WriteTimeout time.Duration
	// Pace is how fast the vendor's clock goes.
	Pace domain.Pace
	// Ours has our own records compared with the vendor's books.
	Ours Ours
	// Holders reads which of our orders have bought what the vendor calls so.
	Holders func(ctx context.Context, customer, vendorOrder string) ([]domain.Place, error)

	// changing are the subscriptions with a change on its way from this process.
	changing sync.Map
	// customers, items and skus are what is known of customers' standing, of how products are sold, and of their limits.
	customers memo[standing]
	items     memo[item]
	skus      memo[*partnercenter.SKU]
}

// Operations are the engine's operations, without their decisions.
func (v *Vendor) Operations() []engine.Operation {
	read, write := v.ReadTimeout+slack, v.WriteTimeout+slack
	op := func(name domain.Operation, timeout time.Duration, run run) engine.Operation {
		use := uses[name]
		return engine.Operation{Name: string(name), Timeout: timeout, Run: v.running(run), Resource: use.resource, Changes: use.changes}
	}
	return []engine.Operation{
		op(domain.CartCreate, write+maxChecks, v.createCart),
		op(domain.CartCheckout, write, v.checkOut),
		op(domain.CartGet, read, v.getCart),
		op(domain.OrderGet, 3*read, v.getOrder),
		op(domain.PurchasesList, 2*read, v.listPurchases),
		op(domain.AttachmentPost, write, v.attach),
		op(domain.AttachmentsGet, read, v.listAttachments),
		op(domain.SubscriptionGet, 3*read+maxChecks, v.getSubscription),
		op(domain.SubscriptionPatch, 2*read+write, v.changeSubscription),
		op(domain.TransitionCheck, 3*read, v.checkTransition),
		op(domain.TransitionGet, 2*read, v.getTransitions),
		op(domain.TransitionCreate, write, v.createTransition),
		op(domain.PurchaseGet, read, v.getPurchase),
		op(domain.PurchaseCancel, read+write, v.cancelPurchase),
		op(domain.BooksCompare, manyPages*read, v.compareBooks),
	}
}

// attempt is one call under way.
type attempt struct {
	domain.Body
	exchange partnercenter.Exchange
	asked    uint32 // further questions
}

// run makes a call. It gives the vendor's answer, and the domain's form of it for the verdict of that answer.
type run func(ctx context.Context, a *attempt) (partnercenter.Answer, answered)

// answered turns what the answers of all operations have in common into the domain's answer to one.
type answered func(domain.Answer) any

// numbered makes another id of one: the same but for its last digits, so that whoever sees the one finds the other. All ids
// here are UUIDs; any other text stays as it is.
func numbered(of string, n uint32) string {
	id, err := uuid.Parse(of)
	if err != nil {
		return of
	}
	last := id[len(id)-4:]
	binary.BigEndian.PutUint32(last, binary.BigEndian.Uint32(last)^n)
	return id.String()
}

// followUp numbers the request that asks how far an order's lines are, after the one that asks for the order.
const followUp = 1 << 31

// running makes the engine's operation of a run: decode what to do, make the call, class what came of it. What was not
// executed for want of a connection or because of the request rate is given back, to be made later by the same intent.
func (v *Vendor) running(run run) func(context.Context, engine.Call) engine.Result {
	return func(ctx context.Context, call engine.Call) engine.Result {
		var a attempt
		if err := stored.ReadCall(call.Body, &a.Body); err != nil {
			return engine.Result{NotSent: true, RetryAfter: time.Hour} // of a version that this one does not know
		}
		a.exchange = partnercenter.Exchange{
			RequestID:     cmp.Or(a.Request, call.ID),
			CorrelationID: numbered(call.ID, uint32(call.Attempt)),
			SendBefore:    call.SendBefore,
		}
		done, wait := v.Breaker.allow()
		if done == nil {
			return engine.Result{NotSent: true, RetryAfter: wait}
		}
		if v.Pay != nil {
			ctx = v.Pay(ctx, uses[domain.Operation(call.Operation)].resource, call.TokenUntil)
		}
		answer, form := untilTold(ctx, run, &a, done)
		common := domain.Answer{
			Verdict: verdicts[answer.Outcome], Answered: answer.Status != 0, Wait: max(v.Pace.Vendors(answer.RetryAfter), answer.Entry.Wait), Body: a.Body,
		}
		switch answer.Outcome {
		case partnercenter.NotSent, partnercenter.Throttled:
			if withheld(domain.Operation(call.Operation), answer) { // it is not given back in silence: the order says so
				common.Verdict, common.Withheld, common.Trouble = domain.Conflict, true, trouble(answer)
				return engine.Result{Value: form(common)}
			}
			return engine.Result{NotSent: true, RetryAfter: v.Pace.Real(max(common.Wait, backOff(call.Attempt)))}
		case partnercenter.Done:
		default:
			common.Trouble = trouble(answer)
		}
		// A question that brought no answer is asked again; only what may have had an effect stays open.
		return engine.Result{Value: form(common), Unknown: domain.Operation(call.Operation).Effect() && answer.Outcome == partnercenter.Unknown}
	}
}

// withheld says whether a call that was not sent is told to the order, so that nobody believes it is being bought: this side
// sends nothing until somebody has done something about it.
func withheld(op domain.Operation, a partnercenter.Answer) bool {
	switch a.Entry.Word {
	case partnercenter.DryRun:
		return true
	case partnercenter.SignInRefused:
		return uses[op].begins
	default:
		return false
	}
}

// untilTold makes a call and tells the breaker of its answer. A panic goes on to the engine, and tells nothing about the vendor.
func untilTold(ctx context.Context, run run, a *attempt, done func(partnercenter.Answer)) (answer partnercenter.Answer, form answered) {
	answer.Outcome = partnercenter.NotSent
	defer func() { done(answer) }()
	answer, form = run(ctx, a)
	return answer, form
}

var verdicts = map[partnercenter.Outcome]domain.Verdict{
	partnercenter.Done: domain.Done, partnercenter.Refused: domain.Refused, partnercenter.Conflict: domain.Conflict,
}

// backOff is the wait before a call that was given back is tried again: 1, 2, 4 … up to 60 s.
func backOff(tries int) time.Duration {
	return min(time.Second<<min(max(tries-1, 0), 6), time.Minute)
}

func (v *Vendor) checkOut(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	result, answer, _ := v.Client.CheckoutCart(ctx, a.exchange, a.Customer, a.Cart)
	if answer.Outcome == partnercenter.Refused {
		v.customers.forget(a.Customer) // the refusal may be about what was believed
	}
	return answer, func(common domain.Answer) any { return checkedOut(common, answer, result) }
}

func (v *Vendor) getCart(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	cart, answer, _ := v.Client.GetCart(ctx, a.exchange, a.Customer, a.Cart)
	return answer, func(common domain.Answer) any {
		return domain.CartSeen{Answer: common, State: cartStates[cart.Status]}
	}
}

var cartStates = map[string]domain.CartState{
	partnercenter.CartActive: domain.CartActive, partnercenter.CartOrdered: domain.CartOrdered,
}

// getOrder reads an order, and how far its lines are when the order alone does not tell.
func (v *Vendor) getOrder(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	order, answer, _ := v.Client.GetOrder(ctx, a.exchange, a.Customer, a.Order)
	var lines []partnercenter.LineProvisioning
	// Of an order that has ended in part, only its lines' provisioning tells which part, so nobody waits for that.
	deep := a.Deep || order.Status == partnercenter.OrderPartialSuccess
	if answer.Outcome == partnercenter.Done && deep && unclear(order) {
		lines, _, _ = v.Client.GetProvisioning(ctx, a.further(), a.Customer, a.Order) // no answer is no news
	}
	seen := vendorOrder(order, lines)
	if answer.Outcome == partnercenter.Done && a.Links {
		v.link(ctx, a, &seen)
	}
	var holders []domain.Place
	if answer.Outcome == partnercenter.Done && a.Claim {
		seen = dated(order, seen)
		var err error
		if holders, err = v.Holders(ctx, a.Customer, a.Order); err != nil {
			answer.Outcome = partnercenter.Unknown // as if the vendor had not answered: it is asked again
		}
	}
	return answer, func(common domain.Answer) any { return domain.OrderSeen{Answer: common, Order: seen, Holders: holders} }
}

// dated adds when the order was made, and on which terms.
func dated(o partnercenter.Order, seen domain.VendorOrder) domain.VendorOrder {
	seen.Cycle, seen.CreatedAt = o.BillingCycle, o.CreatedAt
	for i := range seen.Lines {
		seen.Lines[i].Term = o.Lines[i].TermDuration
	}
	return seen
}

// link adds the activation links of the lines that are there.
func (v *Vendor) link(ctx context.Context, a *attempt, o *domain.VendorOrder) {
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Subscription == "" && l.Provisioning != domain.VendorFulfilled {
			continue
		}
		links, answer, _ := v.Client.ListActivationLinks(ctx, a.further(), a.Customer, a.Order, l.Number)
		if answer.Outcome != partnercenter.Done || len(links) == 0 {
			return // it may have them later
		}
		for _, link := range links {
			l.Links = append(l.Links, link.URI)
		}
		o.Linked = true
	}
}

// unclear says whether an order is under way, or has come to its end, or part of it has, while a line shows no subscription.
func unclear(o partnercenter.Order) bool {
	switch o.Status {
	case partnercenter.OrderCompleted, partnercenter.OrderPartialSuccess, partnercenter.OrderPending, partnercenter.OrderUnknown:
	default:
		return false
	}
	for _, l := range o.Lines {
		if l.SubscriptionID == "" {
			return true
		}
	}
	return false
}
