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

	{http.MethodPost, "orders", false, ""}:                                      {traffic.CreateOrder, (*Server).createOrder},
	{http.MethodPatch, "orders", true, ""}:                                      {traffic.UpdateOrder, (*Server).updateOrder},
	{http.MethodPost, "orders", true, "attachment"}:                             {traffic.AttachPurchaseOrder, (*Server).attach},
	{http.MethodGet, "orders", true, "attachments"}:                             {traffic.ListAttachments, (*Server).listAttachments},
	{http.MethodGet, "subscriptions", true, "provisioningstatus"}:               {traffic.GetSubscriptionProvisioning, (*Server).getLicenceStatus},
	{http.MethodGet, "subscriptions", true, "addons"}:                           {traffic.ListAddons, (*Server).listAddOns},
	{http.MethodPost, "subscriptions", true, "registrations"}:                   {traffic.RegisterSubscription, (*Server).register},
	{http.MethodGet, "subscriptions", true, "registrationstatus"}:               {traffic.GetRegistration, (*Server).getRegistration},
	{http.MethodGet, "subscriptions", true, "transitionEligibilities"}:          {traffic.ListTransitionEligibilities, (*Server).listEligibilities},
	{http.MethodPost, "subscriptions", true, "transitions"}:                     {traffic.CreateTransition, (*Server).createTransition},
	{http.MethodGet, "subscriptions", true, "transitions"}:                      {traffic.ListTransitions, (*Server).listTransitions},
	{http.MethodGet, "", false, ""}:                                             {traffic.GetCustomer, (*Server).getCustomer},
	{http.MethodGet, "agreements", false, ""}:                                   {traffic.ListAgreements, (*Server).listAgreements},
	{http.MethodGet, "directSignedMicrosoftCustomerAgreementStatus", false, ""}: {traffic.GetDirectSignStatus, (*Server).getDirectSignStatus},
	{http.MethodGet, "qualifications", false, ""}:                               {traffic.ListQualifications, (*Server).listQualifications},
	{http.MethodGet, "validationStatus", false, ""}:                             {traffic.GetValidationStatus, (*Server).getValidationStatus},
	{http.MethodGet, "subscribedskus", false, ""}:                               {traffic.ListSubscribedSKUs, (*Server).listSubscribedSKUs},
}

// paths are the rarer calls, whose paths name more than a customer and one thing of it; a star stands for any one part, and
// customer for the path of a customer.
var paths = []struct {
	method, path string
	route
}{
	{http.MethodGet, "customer/orders/*/attachment/*", route{traffic.GetAttachment, (*Server).getAttachment}},
	{http.MethodGet, "customer/orders/*/lineitems/*/activationlinks", route{traffic.ListActivationLinks, (*Server).listActivationLinks}},
	{http.MethodGet, "customer/products", route{traffic.ListProducts, (*Server).listProducts}},
	{http.MethodGet, "customer/products/*", route{traffic.GetProduct, (*Server).getProduct}},
	{http.MethodGet, "customer/products/*/skus", route{traffic.ListSKUs, (*Server).listSKUs}},
	{http.MethodGet, "customer/products/*/skus/*", route{traffic.GetSKU, (*Server).getSKU}},
	{http.MethodGet, "customer/products/*/skus/*/availabilities", route{traffic.ListAvailabilities, (*Server).listAvailabilities}},
	{http.MethodGet, "customer/products/*/skus/*/availabilities/*", route{traffic.GetAvailability, (*Server).getAvailability}},
	{http.MethodGet, "v1/products", route{traffic.ListProducts, (*Server).listProducts}},
	{http.MethodGet, "v1/products/*", route{traffic.GetProduct, (*Server).getProduct}},
	{http.MethodGet, "v1/products/*/skus", route{traffic.ListSKUs, (*Server).listSKUs}},
	{http.MethodGet, "v1/products/*/skus/*", route{traffic.GetSKU, (*Server).getSKU}},
	{http.MethodGet, "v1/products/*/skus/*/availabilities", route{traffic.ListAvailabilities, (*Server).listAvailabilities}},
	{http.MethodGet, "v1/products/*/skus/*/availabilities/*", route{traffic.GetAvailability, (*Server).getAvailability}},
	{http.MethodPost, "v1/extensions/product/checkinventory", route{traffic.CheckInventory, (*Server).checkInventory}},
	{http.MethodGet, "v1/auditrecords", route{traffic.ListAuditRecords, (*Server).listAuditRecords}},
	{http.MethodGet, "webhooks/v1/registration/events", route{traffic.ListWebhookEvents, (*Server).listWebhookEvents}},
	{http.MethodGet, "webhooks/v1/registration", route{traffic.GetWebhook, (*Server).getWebhook}},
	{http.MethodPost, "webhooks/v1/registration", route{traffic.CreateWebhook, (*Server).createWebhook}},
	{http.MethodPut, "webhooks/v1/registration", route{traffic.UpdateWebhook, (*Server).updateWebhook}},
	{http.MethodPost, "webhooks/v1/registration/validationEvents", route{traffic.SendTestEvent, (*Server).sendTestEvent}},
	{http.MethodGet, "webhooks/v1/registration/validationEvents/*", route{traffic.GetTestEvent, (*Server).getTestEvent}},
}

// findPath gives the route of a rarer call, the customer that its path names (none: empty), and what its stars stand for.
func findPath(r *http.Request) (to route, customer string, stars []string, ok bool) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if rest, scoped := strings.CutPrefix(path, "v1/customers/"); scoped {
		customer, rest, _ = strings.Cut(rest, "/")
		path = "customer/" + rest
	}
	parts := strings.Split(path, "/")
	for n := range paths {
		if p := &paths[n]; p.method == method {
			if stars, ok = match(strings.Split(p.path, "/"), parts); ok {
				return p.route, customer, stars, true
			}
		}
	}
	return route{}, "", nil, false
}

func match(pattern, parts []string) (stars []string, ok bool) {
	if len(pattern) != len(parts) {
		return nil, false
	}
	for n, want := range pattern {
		switch {
		case want == "*" && parts[n] != "":
			stars = append(stars, parts[n])
		case want != parts[n]:
			return nil, false
		}
	}
	return stars, true
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
