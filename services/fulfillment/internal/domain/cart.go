package domain

import (
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// CartCreated decides on the answer to StepCreate. A cart whose answer was lost is an orphan that expires by itself, so the
// call is repeated whatever became of it.
func CartCreated(o *Order, c Outcome, a CartMade, now time.Time) Decision {
	if o.Cart.Track.Call != c.ID || o.Cart.Track.Step != StepCreate {
		return unchanged(c)
	}
	w := answered(o, c, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	t := &w.o.Cart.Track
	w.resumeCart()
	switch {
	case a.Withheld:
		w.failRefused(a)
		w.withholdCart(StepCreate, a.Answer)
	case a.Verdict == Done:
		w.cartMade(a)
	case a.Trouble.Code == accountUnderReview:
		w.awaitReview(a.Trouble)
	case a.Verdict == Refused:
		w.failCart(a.Trouble, false)
	case t.Tries >= maxTries:
		w.failCart(gaveUp(a.Trouble), false)
	default:
		w.repeat(t, StepCreate, a.Wait, Body{Lines: w.cartLines()})
	}
	return w.end()
}

// create asks for a cart with all lines that are to be bought.
func (w *work) create() {
	w.plan(&w.o.Cart.Track, StepCreate, 0, Body{Lines: w.cartLines()})
}

// cartBody is what a call of a step about the cart needs.
func (w *work) cartBody(step Step) Body {
	switch step {
	case StepCreate:
		return Body{Lines: w.cartLines()}
	case StepSearch:
		return Body{Cart: w.o.Cart.ID, Lines: w.cartLines(), Since: w.o.Approved.GetPlacedAt().AsTime()}
	default:
		return Body{Cart: w.o.Cart.ID}
	}
}

// checkout buys the stored cart.
func (w *work) checkout(wait time.Duration) {
	w.plan(&w.o.Cart.Track, StepCheckout, wait, Body{Cart: w.o.Cart.ID})
}

// accountUnderReview is the code of a customer whose account the vendor reviews, so that nothing can be bought yet.
const accountUnderReview = "account_under_review"

// reviewed is what people are told while the vendor reviews the customer.
func reviewed(why Trouble) Trouble {
	why.Owner = OwnerVendor
	why.Hint = "Nothing to do now: Seatflow looks every hour whether the review is over, and goes on by itself."
	return why
}

// awaitReview waits until the vendor has reviewed the customer, and then makes a cart. What cart there was has bought nothing.
func (w *work) awaitReview(why Trouble) {
	for l := range w.inCart {
		l.Status, l.Waiting, l.Trouble = LineInFlight, true, reviewed(why)
	}
	w.close(&w.o.Cart.Track)
	w.o.Cart = Cart{}
	w.later(&w.o.Cart.Track, StepCreate, slowly, w.cartBody(StepCreate))
}

// cartMade stores the cart and has it checked out. A line that cannot be bought fails alone: the others get a cart of
// their own, since a cart with a faulty line cannot be checked out.
func (w *work) cartMade(a CartMade) {
	faulty, fine := 0, 0
	w.failRefused(a)
	for l := range w.inCart {
		if why, bad := a.Faulty[l.Number]; bad {
			w.fail(l, why)
			faulty++
			continue
		}
		fine++
		l.Group, l.Activates, l.Waiting, l.Trouble = a.Groups[l.Number], a.Activates[l.Number], false, Trouble{}
	}
	w.o.Cart.Track = Track{}
	switch {
	case fine == 0:
		w.o.Cart = Cart{}
	case faulty > 0:
		w.create()
	case w.holdEquals():
		w.o.Cart = Cart{}
	default:
		w.o.Cart.ID = a.Cart
		w.checkout(0)
	}
}

// failRefused fails the lines that were not put into the cart.
func (w *work) failRefused(a CartMade) {
	for l := range w.inCart {
		if why, bad := a.Refused[l.Number]; bad {
			w.fail(l, why)
		}
	}
}

// inCart gives each line that the cart is to buy and has not bought.
func (w *work) inCart(yield func(*Line) bool) {
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; w.o.inCart(l) && !yield(l) {
			return
		}
	}
}

func (w *work) cartLines() []CartLine {
	var lines []CartLine
	for l := range w.inCart {
		wish := w.o.wish(l.Number)
		p, _ := purchaseOf(wish)
		lines = append(lines, CartLine{
			Number: l.Number, Item: wish.GetCatalogItem(), Name: friendlyName(wish.GetProduct(), l.Token),
			Quantity: p.Quantity, Term: p.Term, Cycle: p.Cycle, Parent: p.Parent,
		})
	}
	return lines
}

// cycles is how the vendor writes a billing cycle.
var cycles = map[orderv1.BillingCycle]string{
	orderv1.BillingCycle_BILLING_CYCLE_MONTHLY:   "monthly",
	orderv1.BillingCycle_BILLING_CYCLE_ANNUAL:    "annual",
	orderv1.BillingCycle_BILLING_CYCLE_TRIENNIAL: "triennial",
	orderv1.BillingCycle_BILLING_CYCLE_ONE_TIME:  "one_time",
}

// failCart fails every line that the cart has not bought. keep says that a retry may check it out again, because it was
// not refused.
func (w *work) failCart(why Trouble, keep bool) {
	w.o.Cart.Keep = nil
	for l := range w.inCart {
		if keep {
			w.o.Cart.Keep = append(w.o.Cart.Keep, l.Number)
		}
		w.fail(l, why)
	}
	w.close(&w.o.Cart.Track)
}

// gaveUp is the trouble of lines that were tried often enough; that nothing was bought is certain.
func gaveUp(why Trouble) Trouble {
	if why.Detail == "" {
		why.Code, why.Detail = "vendor_unavailable", "Partner Center did not answer."
	}
	why.Detail += " Seatflow has stopped trying; nothing was bought or changed."
	why.Hint = "Retry the order when Partner Center works again."
	return why
}
