package api

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Money is an amount as a decimal text and its currency.
type Money struct {
	Amount   string `json:"amount" pattern:"^[0-9]{1,12}(\\.[0-9]{1,4})?$" patternDescription:"an amount such as 14250.00" doc:"Digits with at most four decimals." example:"570.00"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"a currency such as USD" doc:"ISO 4217 code." example:"USD"`
}

// Customer is whom an order is for.
type Customer struct {
	TenantID string `json:"tenant_id" pattern:"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" patternDescription:"a UUID" doc:"The customer's Entra tenant." example:"0d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401"`
	Name     string `json:"name" minLength:"1" maxLength:"120" example:"Contoso Corp"`
}

// Person is somebody who asked or decided.
type Person struct {
	Name  string `json:"name,omitempty" example:"Emily Chen"`
	Email string `json:"email,omitempty" doc:"Customers do not see the addresses of the partner's staff." example:"emily.chen@partner.example"`
	Role  string `json:"role,omitempty" example:"technician"`
}

// Line is one requested change and how it stands.
type Line struct {
	Number               int32  `json:"number" example:"1"`
	Product              string `json:"product" example:"Microsoft 365 E5"`
	Change               string `json:"change" doc:"The request in words." example:"new subscription, 25 seats"`
	Kind                 string `json:"kind" doc:"The request in one word for programs." example:"new_subscription"`
	Quantity             int32  `json:"quantity" doc:"Seats bought, added, removed or moved; 0 where the request does not say." example:"25"`
	Requested            Change `json:"requested" doc:"The request as it was placed."`
	CatalogItem          string `json:"catalog_item,omitempty" example:"CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS"`
	UnitPrice            *Money `json:"unit_price,omitempty" doc:"Price of one seat for the billing term, before tax."`
	Status               string `json:"status,omitempty" doc:"pending, held, in_flight, unknown, provisioning, fulfilled, unfulfilled, failed or cancelled." example:"pending"`
	Detail               string `json:"detail,omitempty" doc:"Why it stands so."`
	Hint                 string `json:"hint,omitempty" doc:"What to do next."`
	Code                 string `json:"code,omitempty" doc:"The vendor's or our code, for programs."`
	VendorOrderID        string `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string `json:"vendor_subscription_id,omitempty"`

	SeatsFulfilled  *int64     `json:"seats_fulfilled,omitempty" doc:"Seats that the vendor has made usable, of those ordered. Absent where seats are not what the line is about." example:"20"`
	SeatsOrdered    *int64     `json:"seats_ordered,omitempty" example:"25"`
	ActivationLinks []string   `json:"activation_links,omitempty" doc:"Where the customer activates what was bought."`
	WaitsFor        string     `json:"waits_for,omitempty" doc:"Who has to move before the line goes on: vendor, partner or customer. Absent while it goes on by itself." example:"partner"`
	NextLookAt      *time.Time `json:"next_look_at,omitempty" doc:"When the line is looked at again at the latest, UTC."`
	NeedsPerson     *time.Time `json:"needs_person_since,omitempty" doc:"Since when somebody has to act before the line can go on, UTC. Absent while nobody has to."`
}

// Links are what can be done next, relative to this server. An action is there when the order's status allows it.
type Links struct {
	Self          string `json:"self" example:"/api/licensing/orders/0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10"`
	Timeline      string `json:"timeline"`
	Notifications string `json:"notifications,omitempty"`
	Approve       string `json:"approve,omitempty"`
	Reject        string `json:"reject,omitempty"`
	Retry         string `json:"retry,omitempty"`
	Nudge         string `json:"nudge,omitempty"`
	Settle        string `json:"settle,omitempty" doc:"Where an admin says what became of lines whose outcome Seatflow could not find out; there while it has such lines."`
	PurchaseOrder string `json:"purchase_order,omitempty" doc:"Where the customer's purchase order is uploaded, as multipart/form-data; there while a review asks for it."`
	Cancel        string `json:"cancel,omitempty" doc:"With the method DELETE."`
}

// Order is everything about one order.
type Order struct {
	ID             string     `json:"id" doc:"UUID." example:"0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10"`
	Number         string     `json:"number" doc:"For people; it can be used wherever the id can." example:"ORD-2026-00148"`
	Status         string     `json:"status" doc:"draft, received, awaiting_approval, scheduled, processing, waiting_on_vendor, outcome_unknown, failed, completed_with_errors, completed, rejected, expired, cancelled or deleted." example:"awaiting_approval"`
	Label          string     `json:"label" doc:"The status as the page that was asked for calls it." example:"Awaiting Approval"`
	StatusLabel    Labels     `json:"status_label" doc:"The status as each page calls it."`
	Sentence       string     `json:"sentence,omitempty" doc:"One sentence about now: the approval reason, the error, the progress." example:"Order exceeds USD 10,000.00 threshold requiring admin approval."`
	Hint           string     `json:"hint,omitempty" doc:"What to do next."`
	Customer       Customer   `json:"customer"`
	Lines          []Line     `json:"lines" nullable:"false"`
	Licences       int32      `json:"licences" doc:"Seats of all lines together." example:"25"`
	Changes        string     `json:"changes" doc:"All requests in words." example:"Microsoft 365 E5: new subscription, 25 seats"`
	Amount         *Money     `json:"amount,omitempty" doc:"What the order adds, before tax; absent when a buying line has no price."`
	CreatedBy      Person     `json:"created_by"`
	OnBehalfOf     *Person    `json:"on_behalf_of,omitempty" doc:"Whom another system named as the one who asks."`
	CreatedAt      *time.Time `json:"created_at,omitempty" doc:"UTC."`
	UpdatedAt      *time.Time `json:"updated_at,omitempty" doc:"UTC."`
	FinishedAt     *time.Time `json:"finished_at,omitempty" doc:"UTC; absent until the order has come to its end."`
	ScheduledFor   *time.Time `json:"scheduled_for,omitempty" doc:"Not submitted to the vendor before this time, UTC."`
	Owner          string     `json:"owner,omitempty" doc:"The service that holds the order, or held it last." example:"approval"`
	Source         string     `json:"source,omitempty" doc:"The door it came by: portal, or the other system's name." example:"portal"`
	Note           string     `json:"note,omitempty"`
	Reference      string     `json:"reference,omitempty" doc:"The sender's own reference." example:"PO-7781"`
	NeedsAttention bool       `json:"needs_attention" doc:"Something about this order was put aside; an operator has to look."`
	Links          Links      `json:"links"`
}

// page is which of the product's pages an order is shown on, and to whom.
type page struct {
	label  func(Labels) string
	viewer rpc.Caller
}

func recentLabel(l Labels) string     { return l.Recent }
func historicalLabel(l Labels) string { return l.Historical }

func pendingLabel(l Labels) string {
	if l.Pending == "" {
		return l.Recent
	}
	return l.Pending
}

// order makes JSON of an order of the book.
func (p page) order(b *intakev1.BookOrder) Order {
	o, v := b.GetOrder(), b.GetView()
	st := info(v.GetStatus())
	out := Order{
		ID: o.GetId(), Number: o.GetNumber(), Status: st.word, Label: p.label(st.labels), StatusLabel: st.labels,
		Sentence: v.GetSentence(), Hint: v.GetHint(),
		Customer: Customer{TenantID: o.GetCustomer().GetTenantId(), Name: o.GetCustomer().GetName()},
		Lines:    lines(o.GetLines(), v.GetLines()), Amount: money(o.GetAmount()),
		CreatedBy: p.person(o.GetRequester()), CreatedAt: moment(o.GetPlacedAt()), UpdatedAt: moment(b.GetUpdatedAt()),
		FinishedAt: moment(b.GetFinishedAt()), ScheduledFor: moment(o.GetScheduledFor()), Owner: b.GetOwner(), Source: o.GetSource(),
		Note: o.GetNote(), Reference: o.GetReference(), NeedsAttention: b.GetNeedsAttention(),
		Links: p.links(o.GetId(), v),
	}
	if o.GetOnBehalfOf() != nil {
		who := p.person(o.GetOnBehalfOf())
		out.OnBehalfOf = &who
	}
	for i, l := range out.Lines {
		out.Licences += l.Quantity
		if i > 0 {
			out.Changes += "; "
		}
		out.Changes += l.Product + ": " + l.Change
	}
	return out
}

// person shows customers the names of the partner's staff and no more.
func (p page) person(who *orderv1.Person) Person {
	out := Person{Name: who.GetName(), Email: who.GetEmail(), Role: roleWord(who.GetRole())}
	if out.Name == "" && who.GetRole() == orderv1.Role_ROLE_SYSTEM {
		out.Name = who.GetSubject()
	}
	if isCustomer(p.viewer.Role) && !isCustomer(who.GetRole()) && who.GetRole() != orderv1.Role_ROLE_UNSPECIFIED {
		out.Email = ""
	}
	return out
}

const ordersPath = "/api/licensing/orders"

// links names what the status allows and the viewer's role may try; the owner decides.
func (p page) links(id string, v *orderv1.View) Links {
	self, s := ordersPath+"/"+id, v.GetStatus()
	l := Links{Self: self, Timeline: self + "/timeline"}
	admin := p.viewer.Role == orderv1.Role_ROLE_ADMIN
	if admin || p.viewer.Role == orderv1.Role_ROLE_TECHNICIAN {
		l.Notifications = self + "/notifications"
		if s == orderv1.Status_STATUS_FAILED || s == orderv1.Status_STATUS_COMPLETED_WITH_ERRORS {
			l.Retry = self + "/retry"
		}
		if nudgeable(s) {
			l.Nudge = self + "/nudge"
		}
	}
	if slices.Contains(uploaders, p.viewer.Role) && slices.ContainsFunc(v.GetLines(), wantsPurchaseOrder) {
		l.PurchaseOrder = self + "/purchase-order"
	}
	if admin && s == orderv1.Status_STATUS_AWAITING_APPROVAL {
		l.Approve, l.Reject = self+"/approve", self+"/reject"
	}
	if admin && slices.ContainsFunc(v.GetLines(), wantsSettling) {
		l.Settle = self + "/settle"
	}
	if info(s).stage != "" {
		l.Cancel = self
	}
	return l
}

// nudgeable says that the vendor has something of the order that can be looked at.
func nudgeable(s orderv1.Status) bool {
	switch s {
	case orderv1.Status_STATUS_PROCESSING, orderv1.Status_STATUS_WAITING_ON_VENDOR, orderv1.Status_STATUS_OUTCOME_UNKNOWN:
		return true
	}
	return false
}

// wantsPurchaseOrder goes by fulfillment's code for a review that waits for one.
func wantsPurchaseOrder(l *orderv1.LineView) bool { return l.GetCode() == "purchase_order_needed" }

func lines(asked []*orderv1.Line, views []*orderv1.LineView) []Line {
	out := make([]Line, len(asked))
	for i, a := range asked {
		l := &out[i]
		*l = Line{Number: a.GetNumber(), Product: a.GetProduct(), CatalogItem: a.GetCatalogItem(), UnitPrice: money(a.GetUnitPrice())}
		l.describe(a)
		for _, v := range views {
			if v.GetNumber() != a.GetNumber() {
				continue
			}
			l.Status, l.Detail, l.Hint, l.Code = lineStatusWord(v.GetStatus()), v.GetDetail(), v.GetHint(), v.GetCode()
			l.VendorOrderID, l.VendorSubscriptionID = v.GetVendorOrderId(), v.GetVendorSubscriptionId()
			l.progress(v)
		}
	}
	return out
}

// progress says how far the vendor has come, and what the line waits for.
func (l *Line) progress(v *orderv1.LineView) {
	if ordered := v.GetSeatsOrdered(); ordered != 0 {
		fulfilled := v.GetSeatsFulfilled()
		l.SeatsFulfilled, l.SeatsOrdered = &fulfilled, &ordered
	}
	l.ActivationLinks, l.WaitsFor, l.NextLookAt = v.GetActivationLinks(), ownerWord(v.GetWaitsFor()), moment(v.GetNextLookAt())
	l.NeedsPerson = moment(v.GetNeedsPersonSince())
}

func money(m *orderv1.Money) *Money {
	if m == nil {
		return nil
	}
	return &Money{Amount: m.GetAmount(), Currency: m.GetCurrency()}
}

// moment is a time in UTC to the millisecond; nil when there is none.
func moment(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := t.AsTime().Truncate(time.Millisecond)
	return &at
}
