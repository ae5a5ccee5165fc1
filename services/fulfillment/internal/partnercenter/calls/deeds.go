package calls

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

const (
	// logged is how far back the vendor's activity log is asked: it has 90 days, of which the vendor's clock may want some.
	logged = 60 * 24 * time.Hour
	// attempted is how far back it is asked about an attempt of ours; the vendor takes whole days.
	attempted = 7 * 24 * time.Hour

	succeeded = "succeeded"
	ordering  = "create_order"
)

// deeds are who did what for a customer, by the vendor's activity log; nil if it cannot be read, since it is evidence beside others.
func (v *Vendor) deeds(ctx context.Context, ask partnercenter.Exchange, customer string) (all []domain.Deed) {
	records, answer, _ := v.Client.ListAuditRecords(ctx, ask, partnercenter.AuditQuestion{From: time.Now().Add(-logged), Customer: customer})
	if answer.Outcome != partnercenter.Done {
		return nil
	}
	for i := range records {
		r := &records[i]
		if r.Status != succeeded {
			continue
		}
		deed := domain.Deed{
			VendorOrder: r.Data["OrderId"], Created: r.Operation == ordering, By: cmp.Or(r.User, r.ApplicationID), At: r.At, Trace: r.CorrelationID,
		}
		subscriptions := subscriptionsIn(r)
		if len(subscriptions) == 0 {
			all = append(all, deed)
		}
		for _, deed.Subscription = range subscriptions {
			all = append(all, deed)
		}
	}
	return all
}

// subscriptionsIn are those that a record of the log is about.
func subscriptionsIn(r *partnercenter.AuditRecord) (ids []string) {
	for n := 0; r.Data["SubscriptionId-"+strconv.Itoa(n)] != ""; n++ {
		ids = append(ids, r.Data["SubscriptionId-"+strconv.Itoa(n)])
	}
	var after struct{ ID string }
	if r.ResourceType == "subscription" && len(ids) == 0 && json.Unmarshal([]byte(r.NewValue), &after) == nil && after.ID != "" {
		ids = append(ids, after.ID)
	}
	return ids
}

// recorded says whether the vendor's activity log has one of these calls of ours as done. That it has not proves nothing.
func (v *Vendor) recorded(ctx context.Context, a *attempt) bool {
	records, answer, _ := v.Client.ListAuditRecords(ctx, a.further(), partnercenter.AuditQuestion{From: time.Now().Add(-attempted), Customer: a.Customer})
	return answer.Outcome == partnercenter.Done && slices.ContainsFunc(records, func(r partnercenter.AuditRecord) bool {
		return r.Status == succeeded && slices.ContainsFunc(a.Attempts, func(call string) bool { return fromCall(r.CorrelationID, call) })
	})
}

// fromCall says whether an id is one that was numbered for a call: only its last digits differ.
func fromCall(id, call string) bool {
	const same = len("0190d2c4-0000-7000-8000-0000")
	return len(id) == len(call) && len(id) > same && strings.EqualFold(id[:same], call[:same])
}
