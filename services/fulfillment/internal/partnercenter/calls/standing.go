package calls

import (
	"context"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

const (
	// standingLasts is how long a customer in good standing is believed to be, itemLasts how long a product's offers are.
	standingLasts, itemLasts = 10 * time.Minute, 5 * time.Minute
	// reviewWait is how long to wait before the vendor's review of a customer is looked at again.
	reviewWait = time.Hour
)

// standing is whether a customer may buy at present.
type standing struct {
	country string
	trouble domain.Trouble // why not; none if they may, or if it could not be learnt
	waits   bool           // it changes by itself
}

// standingOf asks whether the customer may buy. Only a good answer is kept: who has mended something need not wait. What is
// not told, for want of a signed-in user or an answer, stands in nobody's way.
func (v *Vendor) standingOf(ctx context.Context, a *attempt) standing {
	return v.customers.get(ctx, a.Customer, func() (standing, time.Duration) {
		s, good := v.askStanding(ctx, a)
		if !good {
			return s, 0
		}
		return s, standingLasts
	})
}

func (v *Vendor) askStanding(ctx context.Context, a *attempt) (s standing, good bool) {
	customer, answer, _ := v.Client.GetCustomer(ctx, a.further(), a.Customer)
	switch {
	case answer.Outcome == partnercenter.Refused && standingCodes[answer.Code]:
		s.trouble = trouble(answer)
		return s, false
	case answer.Outcome != partnercenter.Done:
		return s, false
	case notOurs[customer.Relationship]:
		s.trouble = entryTrouble(partnercenter.Describe(403, "20002"), "", "", "")
		return s, false
	}
	s.country = customer.Country
	status, answer, _ := v.Client.GetValidationStatus(ctx, a.further(), a.Customer)
	if answer.Outcome == partnercenter.Done {
		switch status.Status {
		case partnercenter.AccountUnderReview, partnercenter.AccountUnknown:
			s.trouble, s.waits = entryTrouble(partnercenter.Describe(403, "800073"), "", "", ""), true
		case partnercenter.AccountNotAllowed:
			s.trouble = entryTrouble(partnercenter.Describe(403, "800075"), "", "", "")
		}
	}
	if s.trouble == (domain.Trouble{}) && v.unsigned(ctx, a) {
		s.trouble = entryTrouble(partnercenter.Describe(403, "13605"), "", "", "")
	}
	return s, s.trouble == (domain.Trouble{})
}

// unsigned says whether it is certain that nobody has confirmed the customer's agreement.
func (v *Vendor) unsigned(ctx context.Context, a *attempt) bool {
	agreements, answer, _ := v.Client.ListAgreements(ctx, a.further(), a.Customer, partnercenter.CustomerAgreement)
	if answer.Outcome != partnercenter.Done || len(agreements) > 0 {
		return false
	}
	signed, answer, _ := v.Client.GetDirectSignStatus(ctx, a.further(), a.Customer)
	return answer.Outcome == partnercenter.Done && !signed
}

// standingCodes are the vendor's codes that say that the customer cannot be sold to. Any other refusal says something about the
// question.
var standingCodes = map[string]bool{"60003": true, "900118": true, "20002": true, "900159": true}

// notOurs are the relationships of a partner who may not sell to the customer.
var notOurs = map[string]bool{"none": true, "advisor": true}
