package partnercenter

// OrderState is what one of the vendor's order statuses means here.
type OrderState struct {
	Status  string // OrderPending …; "" for a word that we do not know, and for none
	Becomes string // what the order is here
	Owner   Owner  // whose move it is
	Final   bool   // nothing more comes by itself
	Message string
	Hint    string
}

// orderStates are all of them, in the vendor's order.
var orderStates = []OrderState{
	{
		OrderUnknown, "processing", OwnedByNobody, false,
		"Partner Center has not begun to tell how far the order is.", "Nothing to do: Seatflow asks again by itself.",
	},
	{
		OrderCompleted, "completed, once each line is fulfilled or has its subscription", OwnedByNobody, true,
		"The order is done.", "Nothing to do. Products of the marketplace are activated by the link that the line shows.",
	},
	{OrderPending, "processing", OwnedByNobody, false, "Partner Center is working on the order.", "Nothing to do: Seatflow asks again by itself."},
	{
		OrderCancelled, "cancelled if that was asked for here, else failed", OwnedByPartner, true,
		"The order is cancelled at Partner Center.", "If nobody here asked for it, find out who cancelled it before it is placed again.",
	},
	{
		OrderSuspended, "completed, its subscription shown as suspended", OwnedByPartner, true,
		"The order's subscription is suspended. It is billed all the same in new commerce.", "Reactivate the subscription, or let it end with its term.",
	},
	{
		OrderPendingReview, "waiting_on_vendor", OwnedByVendor, false,
		"Microsoft reviews the order, which takes days.", "Answer Microsoft's questions if it has any. Seatflow looks every hour and goes on by itself.",
	},
	{
		OrderPendingPOUpload, "waiting_on_vendor", OwnedByPartner, false,
		"Microsoft wants the customer's purchase order before it goes on.", "Upload the purchase order through the order's page. Seatflow goes on by itself.",
	},
	{
		OrderPOUploadComplete, "waiting_on_vendor", OwnedByVendor, false,
		"Microsoft reviews the purchase order.", "Nothing to do: Seatflow looks every hour and goes on by itself.",
	},
	{
		OrderPOReviewRejected, "failed", OwnedByPartner, true,
		"Microsoft has refused the purchase order, so the order will not be carried out.", "Correct the purchase order and retry the order: it is bought anew.",
	},
	{
		OrderPartialSuccess, "completed_with_errors", OwnedByPartner, true,
		"A part of the order failed at Microsoft.", "Retry the order: only the lines that were not fulfilled are bought again.",
	},
	{
		OrderFailed, "failed", OwnedByPartner, true,
		"The order failed at Microsoft.", "Retry the order: what was not fulfilled is bought again.",
	},
}

// OrderStates gives the vendor's order statuses and what they mean here.
func OrderStates() []OrderState { return append([]OrderState(nil), orderStates...) }

// DescribeOrder says what an order status means. A word that we do not know means that the order is still on its way.
func DescribeOrder(status string) OrderState {
	for _, s := range orderStates {
		if s.Status == status {
			return s
		}
	}
	s := orderStates[0]
	s.Status, s.Message = "", "Partner Center's word for how far the order is, is a new one."
	return s
}
