package world

// Refusal is an answer with which the vendor says no: nothing was changed. Status and Code together are the documented key.
type Refusal struct {
	Status      int // HTTP
	Code        int
	Description string
}

func refuse(status, code int, description string) *Refusal {
	return &Refusal{Status: status, Code: code, Description: description}
}

// The refusals, with the documented statuses and codes. They are shared and must not be changed.
var (
	ErrCustomerID     = refuse(400, 900118, "The customer ID is not valid.")
	ErrTenantNotFound = refuse(404, 60003, "Tenant not found.")
	ErrNoRelationship = refuse(403, 20002, "The partner does not have a commerce relationship with the customer.")

	ErrProductNotFound      = refuse(404, 400013, "Product was not found.")
	ErrSKUNotFound          = refuse(404, 400018, "Sku was not found.")
	ErrAvailabilityNotFound = refuse(404, 400019, "Availability was not found.")
	ErrOfferID              = refuse(400, 800004, "The offer ID is not valid.")
	ErrOtherRegion          = refuse(400, 800070, "The offer is not available in the customer's country or region.")
	ErrRetired              = refuse(403, 2091, "The offer is no longer available for purchase.")

	ErrInvalidInput    = refuse(400, 800002, "The input is not valid.")
	ErrNoLines         = refuse(400, 800002, "The cart has no line items.")
	ErrTooManyLines    = refuse(400, 800002, "The cart has too many line items.")
	ErrInvalidProperty = refuse(400, 3000, "A property of the request is not valid.")
	ErrEnum            = refuse(400, 900126, "The value of an enumeration could not be parsed.")
	ErrLineQuantity    = refuse(400, 900275, "The quantity of a line item is outside the range of the offer.")
	ErrCartNotFound    = refuse(404, 800008, "The cart was not found. It may have expired.")
	ErrCartItems       = refuse(400, 800009, "There are errors in the cart items.")
	ErrCartSubmitted   = refuse(400, 800065, "The cart was already submitted and cannot be checked out.")
	ErrCartBusy        = refuse(409, 800064, "The cart is being processed by another request.")
	ErrOrderNotFound   = refuse(404, 20000, "Order not found.")
	ErrOrderBusy       = refuse(409, 800060, "An order is in progress. Look in the order history in a few minutes.")
	ErrOrderNotWaiting = refuse(400, 800002, "The order does not wait for this.")
	ErrOrderDecided    = refuse(400, 800002, "It is decided already that the order will be fulfilled.")

	ErrAgreement     = refuse(403, 13605, "The customer has not accepted the Microsoft Customer Agreement.")
	ErrUnderReview   = refuse(403, 800073, "The customer's account is under review. Try again in some days.")
	ErrAccountReview = refuse(403, 800074, "The customer's account is under review. Try again in some days.")
	ErrNotApproved   = refuse(403, 800075, "The customer's account is not approved. It cannot make transactions.")
	ErrCredit        = refuse(403, 800023, "The credit line is below what the purchase needs.")
	ErrNoAccount     = refuse(404, 600074, "Account Status for the customer was not found.")

	ErrSandboxLimit       = refuse(400, 800018, "The limit of the sandbox is met.")
	ErrNoInventory        = refuse(400, 800010, "There is no inventory for the catalogue item.")
	ErrLineNumbers        = refuse(400, 800071, "The line item numbers must run from 0 without gaps.")
	ErrNotDirect          = refuse(400, 800042, "The item is not supported here. Buy it by a cart.")
	ErrOrderTerm          = refuse(400, 800002, "The item is not sold for this term and billing cycle.")
	ErrNotQualified       = refuse(400, 800086, "The customer does not have the qualification that the offer needs.")
	ErrNoBase             = refuse(400, 400041, "The add-on needs a compatible base product.")
	ErrUnrelatedAddOn     = refuse(400, 800029, "The add-on is not related to the given parent.")
	ErrCycleFrozen        = refuse(400, 800080, "The billing cycle of the order cannot be changed.")
	ErrOrderCancel        = refuse(400, 800061, "The order cannot be cancelled.")
	ErrPatchSubscriptions = refuse(400, 800063, "This order cannot be cancelled. Update its subscriptions instead.")
	ErrSandboxOnly        = refuse(403, 800019, "Outside the sandbox only software orders can be cancelled.")
	ErrPatchSaaS          = refuse(403, 800077, "Seat-based SaaS is cancelled by its subscription, not by its order.")
	ErrSoftwareWindow     = refuse(400, 900117, "The order cannot be cancelled past the cancellation window of 30 days.")
	ErrLineNotFound       = refuse(404, 1000, "The order has no such line item.")
	ErrNoPurchaseOrder    = refuse(400, 900252, "A purchase order document is required.")
	ErrNoTender           = refuse(400, 900253, "A tender link or a tender file is required.")
	ErrPOMetadata         = refuse(400, 900254, "The metadata of the purchase order is not valid.")
	ErrNoAttachment       = refuse(404, 1000, "The attachment was not found.")

	ErrSubscriptionNotFound = refuse(404, 20003, "Subscription not found.")
	ErrETag                 = refuse(400, 2055, "The etag is no longer valid. Get the resource again.")
	ErrDeleted              = refuse(400, 2011, "A deleted subscription cannot be updated.")
	ErrSuspended            = refuse(400, 800091, "A suspended subscription cannot be updated.")
	ErrQuantityWhileHalting = refuse(400, 2001, "The quantity cannot be changed while the subscription is being suspended.")
	ErrQuantity             = refuse(400, 2002, "The quantity is outside the minimum and maximum of the offer.")
	ErrDecrease             = refuse(400, 800090, "Subscription quantity cannot be decreased.")
	ErrStatusMove           = refuse(400, 800040, "The status of the subscription cannot be changed in that way.")
	ErrCycleHere            = refuse(400, 800097, "The billing cycle cannot be updated here.")
	ErrQuantityHere         = refuse(400, 800095, "The quantity cannot be updated here.")
	ErrAutoRenew            = refuse(400, 800093, "The subscription is not eligible for automatic renewal.")
	ErrNextTermRenew        = refuse(400, 3000, "Instructions for the next term need automatic renewal.")
	ErrNextTermTarget       = refuse(400, 900258, "The target of the change is not valid.")
	ErrNextTermTerm         = refuse(400, 900259, "The term or billing cycle of the target is not valid.")
	ErrTransitionTarget     = refuse(400, 900258, "The target of the transition is not valid.")
	ErrTransitionTerm       = refuse(400, 900259, "The term or billing cycle of the target is not valid.")
	ErrTransitionSource     = refuse(400, 900236, "The subscription cannot be transitioned in its state.")
	ErrTransitionJoin       = refuse(400, 900260, "The target subscription is not valid for the transition.")
	ErrNotAzure             = refuse(400, 800011, "The subscription is not a valid Azure subscription.")
	ErrCancellationWindow   = refuse(400, 900117, "The subscription cannot be cancelled past the cancellation window of 7 days.")
)
