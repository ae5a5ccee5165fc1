package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// vendor is a model of Partner Center: a cart's lines are bought at most once however often it is checked out, what a
// subscription is gets set, not added, and every change of product is one more.
type vendor struct {
	carts  map[string]*vendorCart
	orders map[string]*VendorOrder
	subs   map[string]*vendorSub
	// now and by are when and for which line the next call is; effects counts what was changed for each.
	now     time.Time
	by      string
	effects map[string]int
	// bought counts purchases by line token; where is the cart that did it.
	bought map[string]int
	where  map[string]string
	next   int
	// strict answers a repeated checkout with "already submitted" instead of the first answer.
	strict bool
	// blind lets nobody look at carts, lists and subscriptions.
	blind bool
	// logs says that the activity log can be read, and has logged what it is about by the calls.
	logs   bool
	logged map[string]bool
}

type vendorCart struct {
	lines   []CartLine
	groups  []string
	done    map[int]string // line to vendor order
	ordered bool
	gone    bool // forgotten by the vendor
}

func newVendor() *vendor {
	return &vendor{
		carts: map[string]*vendorCart{}, bought: map[string]int{}, where: map[string]string{}, effects: map[string]int{}, logged: map[string]bool{},
		orders: map[string]*VendorOrder{"o1": {ID: "o1", Status: "completed", Lines: []VendorLine{{Quantity: 1}, {Number: 1, Quantity: 2}}}},
		subs:   map[string]*vendorSub{"s1": newSub(), "s2": newSub()},
	}
}

func (v *vendor) id(kind string) string {
	v.next++
	return fmt.Sprint(kind, "-", v.next)
}

func refused(code string) Answer {
	return Answer{Verdict: Refused, Answered: true, Trouble: Trouble{Code: code, Detail: "Partner Center: " + code + "."}}
}

var (
	done     = Answer{Verdict: Done, Answered: true}
	conflict = Answer{Verdict: Conflict, Answered: true, Trouble: Trouble{Code: "conflict", Detail: "Partner Center: Conflict."}}
)

// mood is how the vendor takes one request: well, or as a fault says.
type mood int

const (
	fine    mood = iota
	refuses      // for good
	busy         // for now
	partly       // some order groups fail, some cart lines are faulty
	slow         // accepted, shown later
)

// execute does what a call asks for and gives the true answer.
func (v *vendor) execute(c Call, m mood) any {
	switch m {
	case refuses:
		return v.answerWith(c, refused("refused"))
	case busy:
		return v.answerWith(c, conflict)
	case fine, partly, slow: // it is done
	}
	b := c.Body
	if v.blind && !c.Operation.Effect() && c.Operation != OrderGet && c.Operation != CartCreate && c.Operation != Turn {
		return v.answerWith(c, refused("403"))
	}
	switch c.Operation {
	case CartCreate:
		return v.create(b, m)
	case CartCheckout:
		return v.checkout(b, m)
	case PurchasesList:
		return v.list(b)
	case CartGet:
		state := CartActive
		if v.carts[b.Cart].gone {
			return CartSeen{Answer: with(refused(cartGone), b)}
		}
		if v.carts[b.Cart].ordered {
			state = CartOrdered
		}
		return CartSeen{Answer: with(done, b), State: state}
	case OrderGet:
		return v.look(b, m)
	default:
		return v.change(c, m)
	}
}

func with(a Answer, b Body) Answer { a.Body = b; return a }

func (v *vendor) answerWith(c Call, a Answer) any {
	a.Body = c.Body
	switch c.Operation {
	case CartCreate:
		return CartMade{Answer: a}
	case CartCheckout:
		return CheckedOut{Answer: a}
	case PurchasesList:
		return Found{Answer: a}
	case CartGet:
		return CartSeen{Answer: a}
	case OrderGet:
		return OrderSeen{Answer: a}
	case SubscriptionPatch, TransitionCreate, PurchaseCancel:
		return Sent{Seen: Seen{Answer: a}}
	default:
		return Seen{Answer: a}
	}
}

func (v *vendor) create(b Body, m mood) any {
	id := v.id("cart")
	cart := &vendorCart{lines: b.Lines, done: map[int]string{}}
	made := CartMade{Answer: with(done, b), Cart: id, Groups: map[int32]string{}, Faulty: map[int32]Trouble{}}
	for i, l := range b.Lines {
		group := fmt.Sprint("g", i%2)
		cart.groups = append(cart.groups, group)
		made.Groups[l.Number] = group
		if m == partly && i == 0 {
			made.Faulty[l.Number] = Trouble{Code: "faulty", Detail: "Partner Center: Faulty."}
		}
	}
	v.carts[id] = cart
	return made
}

func (v *vendor) checkout(b Body, m mood) any {
	cart := v.carts[b.Cart]
	if cart.gone {
		return CheckedOut{Answer: with(refused(cartGone), b)}
	}
	if v.strict && cart.ordered {
		a := refused("submitted")
		return CheckedOut{Answer: with(a, b), Submitted: true}
	}
	out := CheckedOut{Answer: with(done, b)}
	for _, g := range []string{"g0", "g1"} {
		v.checkoutGroup(b.Cart, cart, g, m, &out)
	}
	return out
}

// checkoutGroup buys one order group; a group that failed before is tried again.
func (v *vendor) checkoutGroup(id string, cart *vendorCart, group string, m mood, out *CheckedOut) {
	var order *VendorOrder
	for i, l := range cart.lines {
		if cart.groups[i] != group {
			continue
		}
		if o, before := cart.done[i]; before {
			order = v.orders[o]
			continue
		}
		if m == partly && group == "g1" {
			out.Errors = append(out.Errors, GroupError{Group: group, Trouble: Trouble{Code: "group", Detail: "Partner Center: Group."}})
			return
		}
		if order == nil {
			order = &VendorOrder{ID: v.id("order"), Status: "completed", CreatedAt: v.now}
			v.orders[order.ID] = order
		}
		line := VendorLine{Item: l.Item, Name: l.Name, Quantity: l.Quantity, Subscription: v.id("sub")}
		if m == slow {
			order.Status, line.Subscription = "pending", ""
		}
		order.Lines = append(order.Lines, line)
		cart.done[i], cart.ordered = order.ID, true
		_, token, _ := strings.Cut(l.Name, "[")
		v.bought[token]++
		if was := v.where[token]; was != "" && was != id {
			panic("a line was bought by two carts")
		}
		v.where[token] = id
	}
	if order != nil {
		shown := *order
		shown.Lines = slices.Clone(order.Lines)
		out.Orders = append(out.Orders, shown)
	}
}

// list is what the vendor's lists show, which lag.
func (v *vendor) list(b Body) any {
	out := Found{Answer: with(done, b)}
	for _, o := range v.orders {
		if o.CreatedAt.IsZero() || v.now.Before(o.CreatedAt.Add(ListLag)) {
			continue
		}
		shown := *o
		shown.Lines = slices.Clone(o.Lines)
		out.Orders = append(out.Orders, shown)
	}
	return out
}

// look lets an order get on by itself, unless the vendor is slow.
func (v *vendor) look(b Body, m mood) any {
	o := v.orders[b.Order]
	switch m {
	case slow:
		o.Status = "pending_review"
	case partly:
		if o.Status != "completed" {
			o.Status = "partial_success"
		}
	default:
		o.Status = "completed"
		for i := range o.Lines {
			if o.Lines[i].Subscription == "" {
				o.Lines[i].Subscription = v.id("sub")
			}
		}
	}
	shown := *o
	shown.Lines = slices.Clone(o.Lines)
	return OrderSeen{Answer: with(done, b), Order: shown}
}

var moods = rapid.SampledFrom([]mood{fine, fine, fine, fine, refuses, busy, partly, slow})
