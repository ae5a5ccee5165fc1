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

	ErrSubscriptionNotFound = refuse(404, 20003, "Subscription not found.")
	ErrETag                 = refuse(400, 2055, "The etag is no longer valid. Get the resource again.")
	ErrDeleted              = refuse(400, 2011, "A deleted subscription cannot be updated.")
	ErrSuspended            = refuse(400, 800091, "A suspended subscription cannot be updated.")
	ErrQuantityWhileHalting = refuse(400, 2001, "The quantity cannot be changed while the subscription is being suspended.")
	ErrQuantity             = refuse(400, 2002, "The quantity is outside the minimum and maximum of the offer.")
	ErrDecrease             = refuse(400, 800090, "Subscription quantity cannot be decreased.")
	ErrStatusMove           = refuse(400, 800040, "The status of the subscription cannot be changed in that way.")
	ErrCancellationWindow   = refuse(400, 900117, "The subscription cannot be cancelled past the cancellation window of 7 days.")
)
