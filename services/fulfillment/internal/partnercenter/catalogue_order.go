package partnercenter

// vendorTimeout is one of the four common errors that people know by name.
var vendorTimeout = plain{
	"vendor_timeout",
	"Partner Center API timeout. Request timed out waiting for Partner Center response. Order may have been created.",
	"Nothing to do now: Seatflow checks what happened at Partner Center before anything is sent again.",
}

var (
	notAccepted = plain{
		"vendor_refused", "Partner Center refused the request. Nothing was bought or changed.",
		"See the vendor's own words in the order's details, correct the order and place it again.",
	}
	notProcessable = plain{
		"vendor_cannot_process", "Partner Center cannot process this order.",
		"Open a support request with Microsoft and name the request id shown in the order's details.",
	}
	throttled = plain{
		"vendor_throttled", "Partner Center takes no more requests for the moment.", "Seatflow waits and sends the request again by itself.",
	}
	stateChanged = plain{
		"vendor_conflict", "Partner Center's state has changed in the meantime. Nothing was changed by this request.",
		"Seatflow reads the present state and decides again.",
	}
	signInRejected = plain{
		"vendor_access_denied", "Partner Center does not accept this partner account's sign-in for the request.",
		"Check the application's registration, roles and consent in the partner's tenant.",
	}
	invalidRequest = plain{
		"invalid_order", "Partner Center found the order's content invalid.", "See the vendor's own words in the order's details and correct the order.",
	}
	quantityLimit = plain{
		"quantity_limit", "The quantity is above what Partner Center allows for this customer or product.", "Order fewer seats, or ask Microsoft to raise the limit.",
	}
	quantityRange = plain{
		"quantity_out_of_range", "The quantity is outside the product's minimum and maximum.", "Check the product's limits and change the quantity.",
	}
	cartInUse = plain{
		"cart_in_progress", "Partner Center is still working on this cart.", "Seatflow asks again by itself.",
	}
	cartGone = plain{
		"cart_gone", "The cart no longer exists at Partner Center: it expired or never existed.", "Retry the order: a new cart is made for it.",
	}
	cartLines = plain{
		"cart_lines_in_error", "A line of the order cannot be bought as it is.", "See the line's own error, correct the order and place it again.",
	}
	noCancel = plain{
		"not_cancellable", "This purchase cannot be cancelled this way.",
		"If it has a subscription, order cancel_subscription for that. A reservation has none: it is given back in the Azure portal. " +
			"In a sandbox nothing can be cancelled after 60 days.",
	}
	cancelWindow = plain{
		"cancellation_window_over", "The time in which this purchase could be cancelled is over.", "Switch automatic renewal off, so that it ends with its term.",
	}
	resellerUnknown = plain{
		"reseller_not_valid", "The indirect reseller named on the order is not valid.", "Check the reseller's MPN ID.",
	}
	billingCycleFixed = plain{
		"billing_cycle_fixed", "The billing cycle cannot be changed this way.", "Order the change for the next renewal.",
	}
	azurePlan = plain{
		"azure_plan_needed", "The purchase needs an Azure plan that fits it.", "Check the customer's Azure plan and its subscriptions.",
	}
	purchaseOrderInvalid = plain{
		"purchase_order_invalid", "The purchase order that was uploaded is not complete.", "Upload it again with document, price and currency.",
	}
	sandboxOnly = plain{
		"sandbox_limit", "The limit of the integration sandbox is reached, or the sandbox does not offer this.", "Cancel something in the sandbox, or use production.",
	}
)

// orderRows are the codes of carts, checkouts and orders.
var orderRows = []row{
	{404, "20000", Terminal, Admin, plain{
		"order_not_found", "Order not found. Partner Center does not know this order for this customer.",
		"Verify tenant ID and ensure customer relationship is established.",
	}},
	{400, "3000 800002 800042 900141 900126 800071 400056", Terminal, Requester, invalidRequest},
	{400, "4018", Terminal, Vendor, notProcessable},
	{409, "800060", Ambiguous, Seatflow, plain{
		"order_in_progress", "Partner Center is still working on this order. Order may have been created.", vendorTimeout.hint,
	}},
	{409, "800014", Retry, Seatflow, plain{
		"adjustment_pending", "An earlier change of this order is still running at Partner Center.", "Seatflow tries again by itself.",
	}},
	{409, "900112 900113 900114", Changed, Admin, plain{
		"azure_upgrade_running", "An upgrade to the Azure plan stands in the way.", "Finish or repair the upgrade in Partner Center, then retry.",
	}},
	{500, "800003 900192", Ambiguous, Seatflow, vendorTimeout},
	{500, "800005", Ambiguous, Seatflow, plain{
		"order_not_created", "Partner Center says that the order was not created. Order may have been created all the same.", vendorTimeout.hint,
	}},
	{500, "800031 800087", Terminal, Vendor, notProcessable},
	{404, "800007", Retry, Seatflow, plain{
		"provisioning_not_known", "Partner Center cannot tell yet how far the order is.", "Seatflow asks again by itself.",
	}},
	{404, "800008", Terminal, Seatflow, cartGone},
	{400, "800009", Terminal, Requester, cartLines},
	{409, "800064", Retry, Seatflow, cartInUse},
	{400, "800065", Ambiguous, Seatflow, plain{
		"cart_already_submitted", "The cart was already submitted. Order may have been created.", vendorTimeout.hint,
	}},
	{400, "800061", Terminal, Admin, noCancel},
	{400, "800063", Terminal, Admin, plain{
		"cancel_its_subscription", "This kind of product is not cancelled by its order, but by its subscription.",
		"Order cancel_subscription for the subscription that the purchase began.",
	}},
	{403, "800019", Terminal, Admin, plain{
		"not_cancellable_in_production", "This kind of purchase can be cancelled in a sandbox account only.",
		"Where it has a subscription, order cancel_subscription; reservations are given back in the Azure portal.",
	}},
	{403, "800077", Terminal, Admin, plain{
		"cancel_its_subscription", "A marketplace product is not cancelled by its order, but by its subscription.",
		"Order cancel_subscription for the subscription that the purchase began.",
	}},
	{400, "900117 900213", Terminal, Admin, cancelWindow},
	{403, "800066 800067 800088 800089 800068", Terminal, Requester, quantityLimit},
	{400, "900116 800018 900127", Terminal, Operator, sandboxOnly},
	{403, "900322", Terminal, Operator, sandboxOnly},
	{400, "900242", Terminal, Requester, plain{
		"term_end_not_aligned", "The wanted end date matches no other subscription's end.", "Leave the end date out, or take one that Partner Center offers.",
	}},
	{400, "900275", Terminal, Requester, quantityRange},
	{400, "800029", Terminal, Requester, plain{
		"addon_without_parent", "The add-on does not belong to the subscription named for it.", "Name a subscription that the add-on fits.",
	}},
	{404, "2072 800015", Terminal, Requester, resellerUnknown},
	{400, "2071 800016", Terminal, Requester, resellerUnknown},
	{400, "900312 900313 900314 900315 900317 900318 900128 900129", Terminal, Admin, azurePlan},
	{403, "900321 900323", Terminal, Admin, azurePlan},
	{400, "900252 900253 900254", Terminal, Admin, purchaseOrderInvalid},
	{400, "6000 6001 800080 800085", Terminal, Requester, billingCycleFixed},
	{403, "800043", Setup, Operator, signInRejected},
}

// statusRows are what a status means without a code, or with one that nobody knows.
var statusRows = []row{
	{400, "", Terminal, Admin, notAccepted},
	{401, "", Setup, Operator, signInRejected},
	{403, "", Terminal, Admin, notAccepted},
	{404, "", Terminal, Admin, plain{
		"vendor_not_found", "Partner Center does not know what the request names.", "Verify tenant ID and ensure customer relationship is established.",
	}},
	{405, "", Terminal, Operator, notAccepted},
	{406, "", Terminal, Operator, notAccepted},
	{408, "", Ambiguous, Seatflow, vendorTimeout},
	{409, "", Changed, Seatflow, stateChanged},
	{412, "", Changed, Seatflow, stateChanged},
	{417, "", Changed, Seatflow, stateChanged},
	{429, "", Retry, Seatflow, throttled},
	{500, "", Ambiguous, Seatflow, vendorTimeout},
	{501, "", Ambiguous, Vendor, vendorTimeout},
	{502, "", Ambiguous, Seatflow, vendorTimeout},
	{503, "", Ambiguous, Seatflow, vendorTimeout},
	{504, "", Ambiguous, Seatflow, vendorTimeout},
}

// cartLineRows are the error codes of a cart's line. A cart is created all the same; its checkout would not buy the line.
var cartLineRows = []row{
	{0, "0 10006", Terminal, Requester, cartLines},
	{0, "10000", Terminal, Requester, plain{
		"currency_not_supported", "The currency does not fit the customer's market.", "Leave the currency out, or use the market's own.",
	}},
	{0, "400041", Terminal, Requester, addOnWithoutBase},
	{0, "10001 500600", Terminal, Requester, productNotAvailable},
	{0, "10002 10003", Terminal, Requester, inventoryShort},
	{0, "10004", Terminal, Requester, resellerUnknown},
	{0, "10007 10008 10011", Terminal, Admin, azurePlan},
	{0, "10009", Terminal, Operator, sandboxOnly},
	{0, "10010 10013", Terminal, Requester, invalidRequest},
	{0, "10012", Terminal, Admin, attestationMissing},
	{0, "10014", Terminal, Requester, promotionInvalid},
	{0, "10015", Terminal, Requester, quantityLimit},
	{0, "10016 10017", Terminal, Requester, invalidRequest},
	{0, "10018 10019", Terminal, Requester, quantityRange},
}
