package vendorapi

import (
	"maps"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

func (m *market) product(i *world.Item) document {
	kind, sub := i.Kind.Type()
	productType := document{"id": kind, "displayName": kind}
	if sub != "" {
		productType["subType"] = document{"id": sub, "displayName": sub}
	}
	return document{
		"id": i.ProductID, "title": i.Title, "description": i.Title, "productType": productType,
		"isMicrosoftProduct": i.Kind != world.Marketplace, "publisherName": i.Publisher,
		"links": document{"skus": link(m.path(i, "/skus", false)), "self": link(m.path(i, "", false))},
	}
}

func (m *market) sku(i *world.Item) document {
	cycles, known := []string{}, map[string]bool{}
	for _, t := range i.Terms {
		if !known[t.BillingCycle] {
			cycles, known[t.BillingCycle] = append(cycles, t.BillingCycle), true
		}
	}
	prerequisites, inventory, provisioning := []string{"MicrosoftCustomerAgreement"}, []string{}, []string{}
	dynamic := document{}
	if i.Kind == world.Reservation {
		dynamic = document{
			"armSkuName": "Standard_D1", "cores": "1", "ram": "3.5", "skuDisplayName": "D1", "category": "General purpose", "armRegionName": "eastus",
			"duration": "1Year", "region": "US East", "diskType": "Ssd",
		}
		prerequisites = []string{"AzureSubscriptionRegistration", "InventoryCheck"}
		inventory, provisioning = []string{"CustomerId", "AzureSubscriptionId"}, []string{"Scope", "SubscriptionId"}
	}
	maps.Copy(dynamic, document{
		"isMicrosoftProduct": i.Kind != world.Marketplace, "isAddon": i.Bases != nil, "prerequisiteSkus": texts(i.Bases),
		"upgradeTargetOffers": texts(i.Upgrades), "isSoftwareAssuranceApplicable": false, "internal": false, "hasConstraints": i.MaxQuantity < 10_000,
	})
	if i.Provisioning != "" {
		dynamic["provisioningId"] = i.Provisioning
	}
	return document{
		"id": i.SKUID, "productId": i.ProductID, "title": i.Title, "description": i.Title, "minimumQuantity": i.MinQuantity,
		"maximumQuantity": i.MaxQuantity, "isTrial": false, "supportedBillingCycles": cycles, "purchasePrerequisites": prerequisites,
		"inventoryVariables": inventory, "provisioningVariables": provisioning, "actions": []string{"Refund"}, "dynamicAttributes": dynamic,
		"links": document{"availabilities": link(m.path(i, "/availabilities", true)), "self": link(m.path(i, "", true))},
	}
}

func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (m *market) availability(i *world.Item) document {
	terms, renewals := []document{}, []document{}
	renewable := i.Kind.Subscribes() && i.Renews()
	for n := range i.Terms {
		t := &i.Terms[n]
		id := strings.ToLower(t.Duration + t.BillingCycle)
		d := document{"id": id, "duration": t.Duration, "description": describeTerm(t), "cancellationPolicies": policies(i, t)}
		if i.Kind.Subscribes() {
			d["billingCycle"] = strings.ToUpper(t.BillingCycle[:1]) + t.BillingCycle[1:]
		}
		terms = append(terms, d)
		if renewable {
			renewals = append(renewals, document{
				"applicableTermIds": []string{id}, "renewalOptions": []document{{"renewToId": i.SKU(), "isAutoRenewable": true}},
			})
		}
	}
	country := i.Country
	if country == "" {
		country = m.country
	}
	return document{
		"id": i.Availability, "productId": i.ProductID, "skuId": i.SKUID, "catalogItemId": i.ID,
		"defaultCurrency": document{"code": "USD", "symbol": "$"}, "segment": i.Segment, "country": country,
		"isPurchasable": !i.Retired, "isRenewable": renewable, "renewalInstructions": renewals, "terms": terms,
		"product": m.product(i), "sku": m.sku(i),
		"links": document{"self": link(m.path(i, "/availabilities/"+i.Availability, true))},
	}
}

func describeTerm(t *world.Term) string {
	words := map[string]string{"P1M": "One-Month", "P1Y": "One-Year", "P3Y": "Three-Year"}
	if words[t.Duration] == "" {
		return "No commitment"
	}
	return words[t.Duration] + " commitment for " + t.BillingCycle + " billing"
}

// policies tells until when a purchase can be taken back.
func policies(i *world.Item, t *world.Term) []document {
	refund := func(sequence int, kind, after string) document {
		return document{"sequenceId": sequence, "type": kind, "expiresAfter": after}
	}
	var options []document
	switch i.Kind {
	case world.NewCommerce:
		options = []document{refund(0, "Full", "P1D"), refund(1, "Partial", "P7D")}
	case world.Perpetual:
		options = []document{refund(0, "Full", "P30D")}
	case world.SoftwareTerm:
		options = []document{refund(0, "Partial", "P7D")}
	case world.Marketplace:
		after := "P14D"
		if t.Duration == "P1M" {
			after = "P1D"
		}
		options = []document{refund(0, "Full", after)}
	case world.Reservation, world.AzurePlan, world.Legacy:
		return []document{}
	}
	return []document{{"refundOptions": options}}
}
