package partnercenter

// Two of the four common errors that people know by name. No code of the vendor speaks of assigned licences; these are the
// ones that a reduction below them is answered with.
var (
	subscriptionNotFound = plain{
		"subscription_not_found",
		"Subscription not found. The customer's subscription doesn't exist in Partner Center.",
		"Verify tenant ID and ensure customer relationship is established.",
	}
	insufficientSeats = plain{
		"insufficient_seats",
		"Insufficient seats available. Cannot reduce seats below current assigned count, nor seats that can no longer be given back.",
		"Remove license assignments from users before reducing subscription quantity. New commerce seats can be given back " +
			"only within 7 days of buying or adding them.",
	}
)

var (
	notUpdatable = plain{
		"subscription_not_updatable", "The subscription does not allow this change in its present state.", "Check the subscription's status in Partner Center.",
	}
	subscriptionBusy = plain{
		"subscription_busy", "Partner Center is still working on an earlier change of this subscription.", "Seatflow tries again by itself.",
	}
	azureInvalid = plain{
		"azure_subscription_invalid", "The Azure subscription named on the order is not valid or not active.", "Check the Azure subscription.",
	}
	targetUnfit = plain{
		"target_not_active", "The target subscription cannot take the seats.", "Choose an active subscription, or move to a new one.",
	}
	transitionInvalid = plain{
		"transition_not_allowed", "The subscription cannot be changed to that product or term.", "Choose a target that Partner Center offers for the subscription.",
	}
)

// subscriptionRows are the codes of subscriptions.
var subscriptionRows = []row{
	{404, "20003 800037 800038 800076", Terminal, Admin, subscriptionNotFound},
	{400, "800021 800012 800011", Terminal, Admin, azureInvalid},
	{400, "2055", Changed, Seatflow, stateChanged},
	{417, "800036", Changed, Seatflow, stateChanged},
	{400, "2001", Changed, Admin, notUpdatable},
	{400, "2011 800091 800081 2006 800096 800098 800092 800040 900277 900279", Terminal, Admin, notUpdatable},
	{400, "2002", Terminal, Requester, quantityRange},
	{400, "800090 900214 900257 800095", Terminal, Admin, insufficientSeats},
	{403, "800027", Terminal, Admin, notUpdatable},
	{400, "800093", Terminal, Admin, plain{
		"autorenew_not_allowed", "The subscription cannot renew automatically.", "Buy a new subscription when this one ends.",
	}},
	{400, "2054 800097", Terminal, Requester, billingCycleFixed},
	{400, "800072 900280 900261", Retry, Seatflow, subscriptionBusy},
	{409, "800082 900278", Retry, Seatflow, subscriptionBusy},
	{400, "900311", Human, Vendor, plain{
		"too_many_updates", "The subscription was changed too often for Partner Center.", "Open a support request with Microsoft.",
	}},
	{500, "800094", Ambiguous, Seatflow, plain{
		"update_not_successful", "Partner Center says that the change was not successful. It may have happened all the same.",
		"Nothing to do now: Seatflow reads the subscription before anything is sent again.",
	}},
	{409, "27009", Changed, Admin, notUpdatable},
	{403, "900115 900105 900263", Terminal, Admin, notUpdatable},
	{400, "900236 900258 900259 900260 900267 900268 900269 900270", Terminal, Requester, transitionInvalid},
	{400, "60012", Terminal, Admin, plain{
		"no_licence_left", "No licence is left to assign.", "Order more seats, or take licences from other users.",
	}},
	{400, "800030 800013", Terminal, Admin, azureInvalid},
	{400, "800041", Changed, Seatflow, stateChanged},
}

// transitionRows are the codes inside the vendor's answers about transitions and upgrades.
var transitionRows = []row{
	{0, "0", Terminal, Admin, transitionInvalid},
	{0, "1", Human, EndCustomer, plain{
		"delegated_admin_off", "The customer has switched the partner's delegated administration off.", "Have the customer grant it again, then retry.",
	}},
	{0, "2", Terminal, Admin, plain{
		"transition_source_inactive", "The subscription is not active, so nothing of it can be moved.", "Reactivate the subscription, then retry.",
	}},
	{0, "3", Terminal, Admin, plain{
		"transition_services_conflict", "Users have services of the target already, which conflict with the present ones.",
		"Move without licences (transition_only), or take the conflicting licences away first.",
	}},
	{0, "4", Retry, Seatflow, subscriptionBusy},
	{0, "5", Setup, Operator, signInRejected},
	{0, "6", Terminal, Requester, plain{
		"transition_addons_present", "Add-ons of the subscription stand in the way.", "Cancel or move the add-ons first.",
	}},
	{0, "7 8", Terminal, Requester, transitionInvalid},
	{0, "9", Retry, Seatflow, plain{
		"transition_not_provisioned", "The subscription is not fully provisioned yet.", "Seatflow tries again by itself.",
	}},
	{0, "10", Terminal, Requester, billingCycleFixed},
	{0, "11 12", Terminal, Admin, transitionInvalid},
	{0, "13", Human, EndCustomer, plain{
		"delegated_rights_missing", "The partner lacks the delegated rights that moving licences needs.",
		"Have the customer grant them, or move without licences (transition_only), then retry.",
	}},
}

// transitionTargetRows are why seats cannot join an existing subscription.
var transitionTargetRows = []row{
	{0, "0", Terminal, Requester, targetUnfit},
	{0, "1", Terminal, Requester, targetUnfit},
	{0, "2", Terminal, Requester, plain{
		"target_in_window", "The target subscription is still within its cancellation window.", "Wait until the window is over, or move to a new subscription.",
	}},
	{0, "3 4", Terminal, Requester, plain{
		"target_ends_earlier", "The target subscription's term is shorter, or ends earlier.", "Move to a new subscription, or to one with a longer term.",
	}},
}
