package world

import "time"

// Kind is what an item is, as far as the vendor's rules differ.
type Kind uint8

// The kinds.
const (
	NewCommerce  Kind = iota // licences
	Reservation              // of Azure machines
	Perpetual                // software bought for ever
	SoftwareTerm             // software subscriptions
	Marketplace              // other publishers' SaaS
	AzurePlan                // what Azure is billed by
	Legacy                   // licence offers from before new commerce; their ids are bare GUIDs
	kinds        = int(Legacy) + 1
)

// How long purchases can be taken back, where it is not refundWindow.
const (
	day              = 24 * time.Hour
	sandboxWindow    = 60 * day
	perpetualWindow  = 30 * day
	marketplaceYear  = 14 * day
	marketplaceMonth = day
	forever          = 1 << 62
)

// What an integration sandbox allows per customer.
const (
	sandboxSubscriptions = 5
	sandboxSeats         = 25 // per subscription
	sandboxReservations  = 2
)

// traits has a row per kind. A lane is how a purchase can be taken back: by a change of the order, or of the subscription.
var traits = [kinds]struct {
	word         string
	subscribes   bool // there is a subscription that can be read and changed
	direct       bool // POST orders takes it; all else is bought by cart
	sandboxOrder bool // order lane in the sandbox
	order        bool // order lane in production
	wrongLane    *Refusal
	view         []string // targetView that lists it
}{
	NewCommerce:  {"new_commerce", true, true, false, false, ErrPatchSubscriptions, []string{"OnlineServices"}},
	Reservation:  {"reservation", false, true, true, false, ErrSandboxOnly, []string{"Azure", "AzureReservations", "AzureReservationsVM"}},
	Perpetual:    {"perpetual_software", false, false, true, true, nil, []string{"Software", "SoftwarePerpetual"}},
	SoftwareTerm: {"software_subscription", true, false, true, true, nil, []string{"Software", "SoftwareSubscriptions"}},
	Marketplace:  {"marketplace", true, false, false, false, ErrPatchSaaS, []string{"MarketplaceSaaS"}},
	AzurePlan:    {"azure_plan", true, false, false, false, ErrPatchSubscriptions, []string{"Azure", "MicrosoftAzure"}},
	Legacy:       {"legacy", true, true, false, false, ErrPatchSubscriptions, nil},
}

// String is the kind's word in the admin API.
func (k Kind) String() string { return traits[k].word }

// Subscribes says whether what is bought has a subscription.
func (k Kind) Subscribes() bool { return traits[k].subscribes }

// Views are the catalogue's views that list items of the kind.
func (k Kind) Views() []string { return traits[k].view }

// Type is the product type under which the catalogue shows the kind.
func (k Kind) Type() (kind, sub string) {
	switch k {
	case Reservation:
		return "Azure", "VirtualMachines"
	case Marketplace:
		return "Azure", "SaaS"
	case AzurePlan:
		return "Azure", "AzurePlan"
	case Perpetual, SoftwareTerm:
		return "Software", ""
	}
	return "OnlineServicesNCE", ""
}

// window is how long after its start a purchase of this kind can be taken back, and whether a later wish takes effect at
// the renewal instead.
func (s *subscription) window() (length time.Duration, atRenewal bool) {
	switch s.item.Kind {
	case Perpetual:
		return perpetualWindow, false
	case Marketplace:
		if s.term.Duration == "P1M" {
			return marketplaceMonth, true
		}
		return marketplaceYear, true
	case Legacy, AzurePlan:
		return forever, false
	}
	return refundWindow, false
}
