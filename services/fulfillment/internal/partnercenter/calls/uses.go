package calls

import "github.com/seatflow/seatflow/services/fulfillment/internal/domain"

// The vendor counts the requests of each minute by these. Carts count as orders.
const (
	orders        = "orders"
	subscriptions = "subscriptions"
)

// use is what an operation asks of the vendor: whose count its requests go to, and whether they may change something there. An
// operation that is not in the table asks nobody: no token, no pause.
type use struct {
	resource string
	changes  bool
}

var uses = map[domain.Operation]use{
	domain.CartCreate:        {orders, true},
	domain.CartCheckout:      {orders, true},
	domain.CartGet:           {orders, false},
	domain.OrderGet:          {orders, false},
	domain.SubscriptionGet:   {subscriptions, false},
	domain.SubscriptionPatch: {subscriptions, true},
	domain.TransitionCheck:   {subscriptions, false},
	domain.TransitionGet:     {subscriptions, false},
	domain.TransitionCreate:  {subscriptions, true},
	domain.PurchaseGet:       {orders, false},
	domain.PurchaseCancel:    {orders, true},
}
