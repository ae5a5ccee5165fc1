package partnercenter

// productNotAvailable is one of the four common errors that people know by name.
var productNotAvailable = plain{
	"product_not_available",
	"Product not available. Selected product is not available in the customer's region or has been retired.",
	"Check product catalog for alternatives.",
}

var (
	inventoryShort = plain{
		"inventory_short", "Partner Center has none, or not that many, of this item left.", "Order fewer, or try again later.",
	}
	attestationMissing = plain{
		"attestation_missing", "The purchase needs the partner's attestation.", "Confirm the attestation and place the order again.",
	}
	promotionInvalid = plain{
		"promotion_invalid", "The promotion does not apply to this purchase.", "Place the order without the promotion, or with another one.",
	}
	viewNotAllowed = plain{
		"segment_not_allowed", "This partner account or customer may not buy from that part of the catalogue.", "Choose a product of the customer's own segment.",
	}
	addOnWithoutBase = plain{
		"addon_without_base", "The add-on has no compatible base product.", "Order the base product first, or name the subscription it belongs to.",
	}
	currencyWrong = plain{
		"currency_not_supported", "The currency must be the partner's or that of the customer's market.", "Leave the currency out, or use the market's own.",
	}
	accountReview = plain{
		"account_under_review", "Microsoft is reviewing the customer's account. Purchases wait until that is done.", "Wait for the review, usually some days, then retry.",
	}
	accountRefused = plain{
		"account_not_approved", "Microsoft has not approved the customer's account for purchases.", "Open a support request with Microsoft.",
	}
	creditShort = plain{
		"credit_limit", "The partner's credit line is below what the purchase needs.", "Pay open invoices or ask Microsoft for a higher credit line, then retry.",
	}
	agreementMissing = plain{
		"agreement_missing", "The customer has not accepted the Microsoft Customer Agreement.", "Have the customer accept it, confirm that in Partner Center, then retry.",
	}
	agreementThere = plain{
		"agreement_exists", "The customer's agreement is confirmed already.", "Nothing to do: Seatflow goes on.",
	}
	partnerAgreement = plain{
		"partner_agreement_missing", "The partner or the indirect reseller has not accepted the Microsoft Partner Agreement.", "Accept it in Partner Center, then retry.",
	}
	relationshipMissing = plain{
		"relationship_missing", "There is no reseller relationship with the customer.", "Verify tenant ID and ensure customer relationship is established.",
	}
	customerUnknown = plain{
		"customer_not_found", "Customer not found. Partner Center does not know the customer's tenant.", "Verify tenant ID and ensure customer relationship is established.",
	}
	notEligible = plain{
		"not_eligible", "Microsoft does not allow this transaction at present.", "Open a support request with Microsoft.",
	}
	programmeInactive = plain{
		"programme_inactive", "The partner or reseller is not active in the programme that the product belongs to.", "Check the programme's status in Partner Center.",
	}
)

// customerRows are the codes about access, tenant, relationship, agreements and standing.
var customerRows = []row{
	{401, "400 800001", Setup, Operator, signInRejected},
	{403, "2032 900150 900308 900309 900329", Setup, Operator, signInRejected},
	{400, "900316", Setup, Operator, signInRejected},
	{400, "900118", Terminal, Admin, customerUnknown},
	{404, "60003", Terminal, Admin, customerUnknown},
	{404, "60002", Terminal, Admin, plain{
		"user_not_found", "The user named on the order does not exist in the customer's tenant.", "Check the user, or place the order without one.",
	}},
	{404, "1000", Terminal, Admin, plain{
		"vendor_not_found", "Partner Center does not know what the request names.", "Verify tenant ID and ensure customer relationship is established.",
	}},
	{403, "20002 900159", Human, Admin, relationshipMissing},
	{403, "13605", Human, EndCustomer, agreementMissing},
	{403, "900123 900124", Human, Admin, partnerAgreement},
	{403, "800039 900149 2030", Human, Admin, programmeInactive},
	{403, "800073 800074", Human, Vendor, accountReview},
	{403, "800075", Human, Vendor, accountRefused},
	{403, "800069", Human, Vendor, plain{
		"risk_check_failed", "The order failed Microsoft's risk check.", "Open a support request with Microsoft.",
	}},
	{403, "800023 900121", Human, Admin, creditShort},
	{400, "800025", Human, Admin, creditShort},
	{400, "800022 800024 800026 800062", Human, Vendor, notEligible},
	{404, "600074", Terminal, Admin, customerUnknown},
	{400, "600002 600049 600050 600051", Terminal, Admin, plain{
		"customer_profile_incomplete", "The customer's profile lacks a phone number or a registration number that its country asks for.",
		"Complete the customer's profile in Partner Center, then retry.",
	}},
	{400, "2000 2200 2201 2203 2204 2205 2206", Human, Admin, plain{
		"reseller_agreement_unknown", "Whether the indirect reseller has accepted the Microsoft Partner Agreement cannot be told.",
		"Check the reseller's MPN ID and tenant in Partner Center.",
	}},
	{400, "600061", Changed, Seatflow, agreementThere},
	{409, "600061", Changed, Seatflow, agreementThere},
}

// productRows are the codes about what can be bought.
var productRows = []row{
	{404, "400013 400018", Terminal, Requester, productNotAvailable},
	{404, "400019", Terminal, Requester, plain{
		"product_not_available", productNotAvailable.message,
		"The item's identity in the catalogue has changed: retry the order with the present one. " + productNotAvailable.hint,
	}},
	{403, "400030 400036", Terminal, Requester, viewNotAllowed},
	{400, "400041", Terminal, Requester, addOnWithoutBase},
	{200, "400072", Terminal, Requester, productNotAvailable},
	{400, "800070", Terminal, Requester, productNotAvailable},
	{403, "2091 2085 800020 800028", Terminal, Requester, productNotAvailable},
	{403, "2006", Terminal, Admin, programmeInactive},
	{400, "2100 800004 900142 900143 900144", Terminal, Requester, plain{
		"product_not_valid", "The product's identity is not one that Partner Center sells by.", "Choose the product from the catalogue again.",
	}},
	{400, "800010 800017", Terminal, Requester, inventoryShort},
	{400, "800086", Terminal, Requester, viewNotAllowed},
	{400, "900169", Terminal, Requester, currencyWrong},
	{400, "900203 900206", Terminal, Admin, attestationMissing},
	{400, "27006 27007", Terminal, Requester, promotionInvalid},
}
