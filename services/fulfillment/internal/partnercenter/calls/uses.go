package calls

import (
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// use is what an operation asks of the vendor: whose count its first request goes to, and whether it may change something
// there, so that it waits while submissions are paused. An operation that is not in the table asks nobody: no token, no pause.
type use struct {
	resource string
	changes  bool
	begins   bool // an order cannot get on without it
}

var uses = map[domain.Operation]use{
	domain.CartCreate:        {partnercenter.Orders, true, true},
	domain.CartCheckout:      {partnercenter.Orders, true, true},
	domain.CartGet:           {partnercenter.Orders, false, false},
	domain.OrderGet:          {partnercenter.Orders, false, false},
	domain.PurchasesList:     {partnercenter.Orders, false, false},
	domain.AttachmentPost:    {partnercenter.Orders, true, false},
	domain.AttachmentsGet:    {partnercenter.Orders, false, false},
	domain.SubscriptionGet:   {partnercenter.Subscriptions, false, true},
	domain.SubscriptionPatch: {partnercenter.Subscriptions, true, true},
	domain.TransitionCheck:   {partnercenter.Subscriptions, false, true},
	domain.TransitionGet:     {partnercenter.Subscriptions, false, false},
	domain.TransitionCreate:  {partnercenter.Subscriptions, true, true},
	domain.PurchaseGet:       {partnercenter.Orders, false, true},
	domain.PurchaseCancel:    {partnercenter.Orders, true, true},
	domain.BooksCompare:      {partnercenter.Orders, false, false},
}
