package partnercenter

import (
	"slices"
	"testing"
)

// TestWhatTheVendorLimits: what the vendor's documentation names as limited has a resource, the rest has none.
func TestWhatTheVendorLimits(t *testing.T) {
	t.Parallel()
	free := []operation{
		opToken, opListProducts, opGetProduct, opListSKUs, opGetSKU, opListAvailabilities, opGetAvailability, opCheckInventory,
		opListAuditRecords, opListPromotions, opCheckPromotions, opGetResellerAgreement, opCheckAddress,
		opListWebhookEvents, opGetWebhook, opCreateWebhook, opUpdateWebhook, opSendTestEvent, opGetTestEvent,
	}
	for op := range operationCount {
		if r := op.resource(); (r == "") != slices.Contains(free, op) {
			t.Errorf("%s counts as %q", op, r)
		}
	}
	for _, op := range []operation{opListAddOns, opListEntitlements, opListConversions, opListUpgrades, opCreateUpgrade} {
		if r := op.resource(); r != Subscriptions {
			t.Errorf("%s counts as %q", op, r)
		}
	}
}
