package partnercenter

import (
	"context"
	"encoding/json"
	"time"
)

// one gives the answer of a call that has more results.
func one[T any](_ T, a Answer, err error) (Answer, error) { return a, err }

var (
	germany   = Market{Country: "DE", Segment: "education"}
	customers = Market{Customer: "c", Country: "DE"}
	day       = time.Date(2026, 9, 2, 23, 0, 0, 0, time.UTC)
)

// requests are the operations of one request each: what is to go over the wire, and an answer.
var requests = []struct {
	name, line, body, fixture string
	status                    int
	call                      func(ctx context.Context, c *Client) (Answer, error)
}{
	{
		"create cart", "POST /v1/customers/c%2F1/carts",
		`{"lineItems":[{"id":0,"catalogItemId":"P:S:A","friendlyName":"sf","quantity":3,"termDuration":"P1Y","billingCycle":"annual"}]}`,
		"cart", 201, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CreateCart(ctx, exchangeIDs(), "c/1", NewCart{Lines: []NewCartLine{{
				CatalogItemID: "P:S:A", FriendlyName: "sf", Quantity: 3, TermDuration: "P1Y", BillingCycle: "annual",
			}}}))
		},
	},
	{"get cart", "GET /v1/customers/c/carts/k", "", "cart", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetCart(ctx, exchangeIDs(), "c", "k"))
	}},
	{"checkout", "POST /v1/customers/c/carts/k/checkout", "", "checkout", 201, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.CheckoutCart(ctx, exchangeIDs(), "c", "k"))
	}},
	{
		"create order", "POST /v1/customers/c/orders",
		`{"billingCycle":"annual","lineItems":[{"lineItemNumber":0,"offerId":"P:S:A","quantity":3,"provisioningContext":{"scope":"shared"}}]}`,
		"order", 201, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CreateOrder(ctx, exchangeIDs(), "c", NewOrder{BillingCycle: "annual", Lines: []NewOrderLine{{
				OfferID: "P:S:A", Quantity: 3, ProvisioningContext: map[string]string{"scope": "shared"},
			}}}))
		},
	},
	{"get order", "GET /v1/customers/c/orders/o", "", "order", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetOrder(ctx, exchangeIDs(), "c", "o"))
	}},
	{"list orders", "GET /v1/customers/c/orders", "", "orders", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListOrders(ctx, exchangeIDs(), "c"))
	}},
	{"list orders by cycle", "GET /v1/customers/c/orders?billingType=onetime", "", "orders", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListOrdersByCycle(ctx, exchangeIDs(), "c", "onetime"))
	}},
	{"cancel order", "PATCH /v1/customers/c/orders/o", `{"id":"o","status":"cancelled"}`, "order", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.CancelOrder(ctx, exchangeIDs(), "c", "o"))
	}},
	{
		"cancel lines", "PATCH /v1/customers/c/orders/o", `{"id":"o","status":"cancelled","lineItems":[{"lineItemNumber":1,"offerId":"P:S:A"}]}`,
		"order", 200, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CancelOrder(ctx, exchangeIDs(), "c", "o", CancelledLine{Number: 1, OfferID: "P:S:A"}))
		},
	},
	{"get provisioning", "GET /v1/customers/c/orders/o/provisioningstatus", "", "provisioning", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetProvisioning(ctx, exchangeIDs(), "c", "o"))
	}},
	{
		"attach", "POST /v1/customers/c/orders/o/attachment",
		"--seatflow-req-1\r\nContent-Disposition: form-data; name=\"metadata\"\r\nContent-Type: application/json\r\n\r\n" +
			`{"isPartofTender":true,"customerPrice":12.50,"currency":"EUR"}` +
			"\r\n--seatflow-req-1\r\nContent-Disposition: form-data; name=\"pofiles\"; filename=\"po.pdf\"\r\nContent-Type: application/pdf\r\n\r\nPDF" +
			"\r\n--seatflow-req-1\r\nContent-Disposition: form-data; name=\"tenderfiles\"; filename=\"t\"\r\nContent-Type: application/octet-stream\r\n\r\nT" +
			"\r\n--seatflow-req-1--\r\n",
		"attachments", 201, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.AttachPurchaseOrder(ctx, exchangeIDs(), "c", "o", PurchaseOrder{
				IsPartOfTender: true, CustomerPrice: json.Number("12.50"), Currency: "EUR",
				Files:       []File{{Name: "po.pdf", Type: "application/pdf", Content: []byte("PDF")}},
				TenderFiles: []File{{Name: "t", Content: []byte("T")}},
			}))
		},
	},
	{"list attachments", "GET /v1/customers/c/orders/o/attachments", "", "attachments", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListAttachments(ctx, exchangeIDs(), "c", "o"))
	}},
	{"list activation links", "GET /v1/customers/c/orders/o/lineitems/2/activationlinks", "", "activation_links", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListActivationLinks(ctx, exchangeIDs(), "c", "o", 2))
	}},
	{"get subscription", "GET /v1/customers/c/subscriptions/s", "", "subscription", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetSubscription(ctx, exchangeIDs(), "c", "s"))
	}},
	{"subscriptions of an order", "GET /v1/customers/c/subscriptions?order_id=o+1", "", "orders_none", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListSubscriptionsOfOrder(ctx, exchangeIDs(), "c", "o 1"))
	}},
	{"subscription provisioning", "GET /v1/customers/c/subscriptions/s/provisioningstatus", "", "subscription_provisioning", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetSubscriptionProvisioning(ctx, exchangeIDs(), "c", "s"))
	}},
	{
		"list eligibilities", "GET /v1/customers/c/subscriptions/s/transitionEligibilities?eligibilityType=immediate", "", "eligibilities", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.ListEligibilities(ctx, exchangeIDs(), "c", "s", TransitionImmediate))
		},
	},
	{
		"create transition", "POST /v1/customers/c/subscriptions/s/transitions", `{"toCatalogItemId":"P2:S:A","quantity":4,"transitionType":"transition_only"}`,
		"transition", 200, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CreateTransition(ctx, exchangeIDs(), "c", "s", NewTransition{ToCatalogItemID: "P2:S:A", Quantity: 4, Type: TransitionOnly}))
		},
	},
	{"list transitions", "GET /v1/customers/c/subscriptions/s/transitions?operationId=op", "", "transitions", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListTransitions(ctx, exchangeIDs(), "c", "s", "op"))
	}},
	{"register", "POST /v1/customers/c/subscriptions/s/registrations", "", "empty", 202, func(ctx context.Context, c *Client) (Answer, error) {
		return c.RegisterSubscription(ctx, exchangeIDs(), "c", "s")
	}},
	{"get registration", "GET /v1/customers/c/subscriptions/s/registrationstatus", "", "registration", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetRegistration(ctx, exchangeIDs(), "c", "s"))
	}},
	{"list products", "GET /v1/products?country=DE&targetSegment=education&targetView=OnlineServices", "", "products", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListProducts(ctx, exchangeIDs(), germany, "OnlineServices"))
	}},
	{"list a customer's products", "GET /v1/customers/c/products?targetView=Software", "", "products", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListProducts(ctx, exchangeIDs(), customers, "Software"))
	}},
	{"get product", "GET /v1/products/p?country=DE&targetSegment=education", "", "product", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetProduct(ctx, exchangeIDs(), germany, "p"))
	}},
	{"list skus", "GET /v1/customers/c/products/p/skus", "", "skus", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListSKUs(ctx, exchangeIDs(), customers, "p"))
	}},
	{"get sku", "GET /v1/products/p/skus/1?country=DE&targetSegment=education", "", "sku", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetSKU(ctx, exchangeIDs(), germany, "p", "1"))
	}},
	{"list availabilities", "GET /v1/customers/c/products/p/skus/1/availabilities", "", "availabilities", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListAvailabilities(ctx, exchangeIDs(), customers, "p", "1"))
	}},
	{"get availability", "GET /v1/customers/c/products/p/skus/1/availabilities/a", "", "availability", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetAvailability(ctx, exchangeIDs(), customers, "p", "1", "a"))
	}},
	{
		"check inventory", "POST /v1/extensions/product/checkinventory?country=DE",
		`{"targetItems":[{"productId":"DZH3","skuId":"0039"}],"inventoryContext":{"customerId":"c"}}`, "inventory", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CheckInventory(ctx, exchangeIDs(), "DE", InventoryQuestion{
				Items: []InventoryItem{{ProductID: "DZH3", SKUID: "0039"}}, Context: map[string]string{"customerId": "c"},
			}))
		},
	},
	{"get customer", "GET /v1/customers/c", "", "customer", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetCustomer(ctx, exchangeIDs(), "c"))
	}},
	{"list agreements", "GET /v1/customers/c/agreements?agreementType=MicrosoftCustomerAgreement", "", "agreements", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListAgreements(ctx, exchangeIDs(), "c", CustomerAgreement))
	}},
	{"direct sign status", "GET /v1/customers/c/directSignedMicrosoftCustomerAgreementStatus", "", "direct_sign", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetDirectSignStatus(ctx, exchangeIDs(), "c"))
	}},
	{"list qualifications", "GET /v1/customers/c/qualifications", "", "qualifications", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListQualifications(ctx, exchangeIDs(), "c"))
	}},
	{"validation status", "GET /v1/customers/c/validationStatus?type=account", "", "validation", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetValidationStatus(ctx, exchangeIDs(), "c"))
	}},
	{"list subscribed skus", "GET /v1/customers/c/subscribedskus", "", "subscribed_skus", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListSubscribedSKUs(ctx, exchangeIDs(), "c"))
	}},
	{
		"list audit records", "GET /v1/auditrecords?endDate=2026-09-03&filter=%7B%22Field%22%3A%22CustomerId%22%2C%22Value%22%3A%22c%22%2C%22Operator%22%3A%22equals%22%7D&size=50&startDate=2026-09-02",
		"", "audit_records", 200, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.ListAuditRecords(ctx, exchangeIDs(), AuditQuestion{From: day, To: day.Add(time.Hour), Customer: "c", Size: 50}))
		},
	},
	{"list add-ons", "GET /v1/customers/c/subscriptions/s/addons", "", "orders_none", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListAddOns(ctx, exchangeIDs(), "c", "s"))
	}},
	{"list entitlements", "GET /v1/customers/c/subscriptions/s/azureEntitlements", "", "entitlements", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListEntitlements(ctx, exchangeIDs(), "c", "s"))
	}},
	{"list conversions", "GET /v1/customers/c/subscriptions/s/conversions", "", "conversions", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListConversions(ctx, exchangeIDs(), "c", "s"))
	}},
	{"list upgrades", "GET /v1/customers/c/subscriptions/s/upgrades", "", "upgrades", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListUpgrades(ctx, exchangeIDs(), "c", "s"))
	}},
	{
		"create upgrade", "POST /v1/customers/c/subscriptions/s/upgrades", `{"quantity":4,"targetOffer":{"id":"g"},"upgradeType":"upgrade_only"}`,
		"upgrade", 200, func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CreateUpgrade(ctx, exchangeIDs(), "c", "s", "g", "upgrade_only", 4))
		},
	},
	{"list promotions", "GET /v1/productpromotions?country=DE&segment=commercial", "", "promotions", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListPromotions(ctx, exchangeIDs(), "DE", "commercial"))
	}},
	{
		"check promotions", "POST /v1/customers/c/promotionEligibilities",
		`{"items":[{"id":0,"catalogItemId":"P:S:A","quantity":4,"promotionId":"p"}]}`, "promotion_answers", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CheckPromotions(ctx, exchangeIDs(), "c", []PromotionQuestion{{CatalogItemID: "P:S:A", Quantity: 4, PromotionID: "p"}}))
		},
	},
	{"reseller agreement", "GET /v1/compliance/csp/agreementstatus?mpnId=4711", "", "direct_sign", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetResellerAgreement(ctx, exchangeIDs(), "4711", ""))
	}},
	{"reseller agreement by tenant", "GET /v1/compliance/csp/agreementstatus?tenantId=t", "", "direct_sign", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetResellerAgreement(ctx, exchangeIDs(), "", "t"))
	}},
	{
		"check address", "POST /v1/validations/address", `{"addressLine1":"1 Way","city":"C","postalCode":"9","country":"US"}`, "address", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CheckAddress(ctx, exchangeIDs(), Address{Line1: "1 Way", City: "C", PostalCode: "9", Country: "US"}))
		},
	},
	{"list webhook events", "GET /webhooks/v1/registration/events", "", "webhook_events", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.ListWebhookEvents(ctx, exchangeIDs()))
	}},
	{"get webhook", "GET /webhooks/v1/registration", "", "webhook", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetWebhook(ctx, exchangeIDs()))
	}},
	{
		"create webhook", "POST /webhooks/v1/registration",
		`{"WebhookUrl":"https://hook.example/x","WebhookEvents":["test-created"],"SignatureTokenToMsSignatureHeader":true}`, "webhook", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.CreateWebhook(ctx, exchangeIDs(), "https://hook.example/x", []string{"test-created"}))
		},
	},
	{
		"update webhook", "PUT /webhooks/v1/registration",
		`{"WebhookUrl":"https://hook.example/x","WebhookEvents":["test-created"],"SignatureTokenToMsSignatureHeader":true}`, "webhook", 200,
		func(ctx context.Context, c *Client) (Answer, error) {
			return one(c.UpdateWebhook(ctx, exchangeIDs(), "https://hook.example/x", []string{"test-created"}))
		},
	},
	{"send test event", "POST /webhooks/v1/registration/validationEvents", "", "test_event", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.SendTestEvent(ctx, exchangeIDs()))
	}},
	{"get test event", "GET /webhooks/v1/registration/validationEvents/x", "", "test_event", 200, func(ctx context.Context, c *Client) (Answer, error) {
		return one(c.GetTestEvent(ctx, exchangeIDs(), "x"))
	}},
}
