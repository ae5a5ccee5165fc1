package partnercenter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// decoders are all kinds of answer that this client reads.
var decoders = map[string]func() answerBody{
	"cart":                      func() answerBody { return new(Cart) },
	"checkout":                  func() answerBody { return new(checkoutBody) },
	"order":                     func() answerBody { return new(Order) },
	"orders":                    func() answerBody { return new(page[Order, *Order]) },
	"provisioning":              func() answerBody { return new(page[LineProvisioning, *LineProvisioning]) },
	"attachments":               func() answerBody { return new(page[Attachment, *Attachment]) },
	"activation_links":          func() answerBody { return new(page[ActivationLink, *ActivationLink]) },
	"subscription":              func() answerBody { return new(Subscription) },
	"subscription_change":       func() answerBody { return new(subscriptionBody) },
	"subscriptions":             func() answerBody { return new(page[Subscription, *Subscription]) },
	"subscription_provisioning": func() answerBody { return new(SubscriptionProvisioning) },
	"eligibilities":             func() answerBody { return new(page[Eligibility, *Eligibility]) },
	"transition":                func() answerBody { return new(Transition) },
	"transitions":               func() answerBody { return new(page[Transition, *Transition]) },
	"registration":              func() answerBody { return new(Registration) },
	"register":                  func() answerBody { return new(registerBody) },
	"product":                   func() answerBody { return new(Product) },
	"products":                  func() answerBody { return new(page[Product, *Product]) },
	"sku":                       func() answerBody { return new(SKU) },
	"skus":                      func() answerBody { return new(page[SKU, *SKU]) },
	"availability":              func() answerBody { return new(Availability) },
	"availabilities":            func() answerBody { return new(page[Availability, *Availability]) },
	"inventory":                 func() answerBody { return new(page[Inventory, *Inventory]) },
	"customer":                  func() answerBody { return new(Customer) },
	"customers":                 func() answerBody { return new(page[Customer, *Customer]) },
	"agreements":                func() answerBody { return new(page[Agreement, *Agreement]) },
	"agreement":                 func() answerBody { return new(Agreement) },
	"direct_sign":               func() answerBody { return new(signedBody) },
	"qualifications":            func() answerBody { return new(page[Qualification, *Qualification]) },
	"validation":                func() answerBody { return new(ValidationStatus) },
	"qualification":             func() answerBody { return new(Qualification) },
	"entitlements":              func() answerBody { return new(page[Entitlement, *Entitlement]) },
	"conversions":               func() answerBody { return new(page[Conversion, *Conversion]) },
	"upgrades":                  func() answerBody { return new(page[Upgrade, *Upgrade]) },
	"upgrade":                   func() answerBody { return new(UpgradeResult) },
	"promotions":                func() answerBody { return new(page[Promotion, *Promotion]) },
	"promotion_answers":         func() answerBody { return new(page[PromotionAnswer, *PromotionAnswer]) },
	"address":                   func() answerBody { return new(AddressCheck) },
	"subscribed_skus":           func() answerBody { return new(page[SubscribedSKU, *SubscribedSKU]) },
	"audit_records":             func() answerBody { return new(page[AuditRecord, *AuditRecord]) },
	"webhook":                   func() answerBody { return new(Webhook) },
	"webhook_events":            func() answerBody { return new(wordsBody) },
	"test_event":                func() answerBody { return new(TestEvent) },
	"token":                     func() answerBody { return new(tokenBody) },
	"problem":                   func() answerBody { return new(problem) },
}

// fixtureKind is the decoder that an own fixture is for.
func fixtureKind(name string) string {
	switch name {
	case "order_whole":
		return "order"
	case "cart_line_error":
		return "cart"
	case "checkout_bare_order":
		return "checkout"
	case "subscription_nce":
		return "subscription"
	case "orders_none":
		return "subscriptions"
	case "empty":
		return "register"
	}
	return name
}

func fixtureNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("fixtures: %v %v", files, err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	return names
}

// TestOwnFixturesDecode: every decoder has a fixture of our own.
func TestOwnFixturesDecode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range fixtureNames(t) {
		seen[fixtureKind(name)] = true
		if name != "empty" {
			checkDecoded(t, name, []byte(fixture(t, name)), fixtureKind(name))
		}
	}
	for _, twin := range [][2]string{{"subscription_change", "subscription"}, {"agreement", "agreements"}, {"qualification", "qualifications"}, {"customers", "customer"}} {
		seen[twin[0]] = seen[twin[1]]
	}
	for kind := range decoders {
		if !seen[kind] {
			t.Errorf("%s has no fixture", kind)
		}
	}
}

// checkDecoded reads a document and compares it, property by property, with what encoding/json finds in it.
func checkDecoded(t *testing.T, name string, data []byte, kind string) {
	t.Helper()
	into := decoders[kind]()
	if err := decodeInto(data, into); err != nil || !into.complete() {
		t.Errorf("%s as %s: error %v, complete %v", name, kind, err, into.complete())
		return
	}
	var tree any
	decoder := json.NewDecoder(strings.NewReader(clean(string(data))))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, difference := range unlike(into, tree) {
		t.Errorf("%s as %s: %s", name, kind, difference)
	}
}

// sampleKinds maps the names of the vendor's response samples to decoders; the first pattern that fits counts.
var sampleKinds = []struct{ pattern, kind string }{
	{"*.response.error-*", "problem"},
	{"errors.throttled.response.*", "problem"},
	{"auth.token.response.*", "token"},
	{"carts.create.response.*", "cart"},
	{"carts.update.response.*", "cart"},
	{"carts.checkout.response.*", "checkout"},
	{"orders.provisioning-status.response.*", "provisioning"},
	{"orders.activation-links.response.*", "activation_links"},
	{"orders.list*.response.*", "orders"},
	{"orders.*.response.*", "order"},
	{"subscriptions.list*.response.*", "subscriptions"},
	{"subscriptions.addons.response.*", "subscriptions"},
	{"subscriptions.get.response.*", "subscription"},
	{"subscriptions.patch*.response.*", "subscription_change"},
	{"subscriptions.transition-eligibilities.response.*", "eligibilities"},
	{"subscriptions.transitions-list.response.*", "transitions"},
	{"subscriptions.provisioning-status.response.*", "subscription_provisioning"},
	{"subscriptions.registration-status.response.*", "registration"},
	{"products.get.response.*", "product"},
	{"products.list*.response.*", "products"},
	{"skus.get.response.*", "sku"},
	{"skus.list*.response.*", "skus"},
	{"availabilities.get.response.*", "availability"},
	{"availabilities.list*.response.*", "availabilities"},
	{"inventory.check.response.*", "inventory"},
	{"customers.get.response.*", "customer"},
	{"customers.create.response.*", "customer"},
	{"customers.list.response.*", "customers"},
	{"customers.agreements-list.response.*", "agreements"},
	{"customers.agreements-create.response.*", "agreement"},
	{"agreements.metadata.response.*", "agreements"},
	{"customers.direct-sign-status.response.*", "direct_sign"},
	{"customers.qualifications-get.response.*", "qualifications"},
	{"customers.validation-status.response.*", "validation"},
	{"licenses.subscribed-skus.response.*", "subscribed_skus"},
	{"audit.list.response.*", "audit_records"},
	{"webhooks.registration-*.response.*", "webhook"},
	{"webhooks.events-list.response.*", "webhook_events"},
	{"webhooks.validation-create.response.*", "test_event"},
	{"addresses.validate.response.*", "address"},
	{"promotions.list.response.*", "promotions"},
	{"promotions.eligibilities.response.*", "promotion_answers"},
	{"resellers.mpa-status.response.*", "direct_sign"},
	{"subscriptions.azure-entitlements-list.response.*", "entitlements"},
	{"subscriptions.conversions-list.response.*", "conversions"},
	{"subscriptions.upgrades-list.response.*", "upgrades"},
	{"subscriptions.upgrades-create.response.*", "upgrade"},
	{"customers.qualifications-create.response.*", "qualification"},
	{"errors.schema.response.*", "problem"},
}

// sampleKind finds the decoder of a sample; ok is false for a file that the table does not have.
func sampleKind(file string) (kind string, ok bool) {
	for _, k := range sampleKinds {
		if fits, err := filepath.Match(k.pattern, file); err == nil && fits {
			return k.kind, true
		}
	}
	return "", false
}

// TestVendorSamplesDecode reads every valid response sample of the folder that SEATFLOW_VENDOR_SAMPLES names. The samples are
// the vendor's texts and no part of this repository; where the setting is missing, the fixtures above are what is read.
func TestVendorSamplesDecode(t *testing.T) {
	t.Parallel()
	folder, set := os.LookupEnv("SEATFLOW_VENDOR_SAMPLES")
	if !set {
		folder = "testdata/answers"
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in SEATFLOW_VENDOR_SAMPLES=%q (%v)", folder, err)
	}
	if !set {
		return
	}
	valid, read, broken := declaredValid(t, folder), 0, 0
	for _, file := range files {
		name := filepath.Base(file)
		if !strings.Contains(name, ".response.") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind, ok := sampleKind(name)
		isJSON := json.Valid([]byte(clean(string(data))))
		if !ok {
			t.Errorf("%s: no decoder is named for it", name)
		}
		if said, listed := valid[name]; !listed || said != isJSON {
			t.Errorf("%s: JSON %v, the index says %v (listed %v)", name, isJSON, said, listed)
		}
		if !isJSON {
			broken++
			continue
		}
		read++
		checkDecoded(t, name, data, kind)
	}
	t.Logf("%d samples read, %d are printed as no JSON", read, broken)
	if read == 0 {
		t.Error("no sample was read")
	}
}

// declaredValid reads from the folder's index which files are valid JSON.
func declaredValid(t *testing.T, folder string) map[string]bool {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(folder, "INDEX.md"))
	if err != nil {
		t.Fatal(err)
	}
	valid := map[string]bool{}
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, " | ")
		if len(cells) > 3 && strings.HasSuffix(cells[0], ".json") {
			valid[strings.TrimPrefix(cells[0], "| ")] = cells[3] == "valid"
		}
	}
	return valid
}
