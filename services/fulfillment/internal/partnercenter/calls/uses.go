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
}

var uses = map[domain.Operation]use{
	domain.CartCreate:        {partnercenter.Orders, true},
	domain.CartCheckout:      {partnercenter.Orders, true},
	domain.CartGet:           {partnercenter.Orders, false},
	domain.OrderGet:          {partnercenter.Orders, false},
	domain.PurchasesList:     {partnercenter.Orders, false},
	domain.AttachmentPost:    {partnercenter.Orders, true},
	domain.AttachmentsGet:    {partnercenter.Orders, false},
	domain.SubscriptionGet:   {partnercenter.Subscriptions, false},
	domain.SubscriptionPatch: {partnercenter.Subscriptions, true},
	domain.TransitionCheck:   {partnercenter.Subscriptions, false},
	domain.TransitionGet:     {partnercenter.Subscriptions, false},
	domain.TransitionCreate:  {partnercenter.Subscriptions, true},
	domain.PurchaseGet:       {partnercenter.Orders, false},
	domain.PurchaseCancel:    {partnercenter.Orders, true},
	domain.BooksCompare:      {partnercenter.Orders, false},
}
