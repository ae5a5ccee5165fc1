package vendorapi

import (
	"net/http"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// handler does one operation: it appends the body to c.out and returns the status, or a refusal.
type handler func(s *Server, c *call) (status int, refusal *world.Refusal)

// place is where a call goes: /v1/customers/{customer}/collection[/{id}[/action]].
type place struct {
	method, collection string
	one                bool // there is an id
	action             string
}

type route struct {
	op     traffic.Operation
	handle handler
}

// routes is looked up whole, which takes less than http.ServeMux: most calls of a benchmark end here.
var routes = map[place]route{
	{http.MethodPost, "carts", false, ""}:                  {traffic.CreateCart, (*Server).createCart},
	{http.MethodGet, "carts", true, ""}:                    {traffic.GetCart, (*Server).getCart},
	{http.MethodPost, "carts", true, "checkout"}:           {traffic.CheckoutCart, (*Server).checkoutCart},
	{http.MethodGet, "orders", true, ""}:                   {traffic.GetOrder, (*Server).getOrder},
	{http.MethodGet, "orders", false, ""}:                  {traffic.ListOrders, (*Server).listOrders},
	{http.MethodGet, "orders", true, "provisioningstatus"}: {traffic.GetProvisioning, (*Server).getProvisioning},
	{http.MethodGet, "subscriptions", true, ""}:            {traffic.GetSubscription, (*Server).getSubscription},
	{http.MethodGet, "subscriptions", false, ""}:           {traffic.ListSubscriptions, (*Server).listSubscriptions},
	{http.MethodPatch, "subscriptions", true, ""}:          {traffic.UpdateSubscription, (*Server).updateSubscription},
}

// find gives the route of a request, and the customer and the id that its path names.
func find(r *http.Request) (to route, customer, id string, ok bool) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/customers/")
	if !ok || strings.HasSuffix(path, "/") {
		return route{}, "", "", false
	}
	at := place{method: r.Method}
	if at.method == http.MethodHead {
		at.method = http.MethodGet
	}
	customer, path, _ = strings.Cut(path, "/")
	at.collection, path, at.one = strings.Cut(path, "/")
	id, at.action, _ = strings.Cut(path, "/")
	to, ok = routes[at]
	return to, customer, id, ok
}
