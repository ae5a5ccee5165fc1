package domain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Tags of the canonical form. They are kept for ever, and new ones are only added: a field
// that is absent leaves no trace, so an old order keeps its fingerprint.
const (
	tagTenant byte = iota + 1
	tagCustomer
	tagNote
	tagReference
	tagScheduledFor
	tagRequesterName
	tagRequesterEmail
	tagRequesterIssuer
	tagRequesterSubject

	tagLine byte = iota + 7 // 16
	tagNumber
	tagProduct
	tagCatalogItem
	tagAmount
	tagCurrency
	tagChange
	tagQuantity
	tagTerm
	tagBillingCycle
	tagSubscription
	tagEnabled
	tagVendorOrder
	tagVendorLines
)

// canonicalHead names the form; another form would need another name.
const canonicalHead = "seatflow.order.1\n"

// Fingerprint is SHA-256 of the order's canonical form.
func Fingerprint(n *orderv1.NewOrder) [32]byte {
	var room [1024]byte
	return sha256.Sum256(AppendCanonical(room[:0], n))
}

// Hex is how a fingerprint is shown.
func Hex(sum []byte) string { return hex.EncodeToString(sum) }

// AppendCanonical writes the order's canonical form: the value as it was asked for, before
// anything is filled in, each field as tag, length, bytes. Ids and e-mail addresses are in
// lower case and amounts without superfluous zeros, so that equal values are equal.
func AppendCanonical(b []byte, n *orderv1.NewOrder) []byte {
	b = append(b, canonicalHead...)
	b = text(b, tagTenant, strings.ToLower(n.GetCustomer().GetTenantId()))
	b = text(b, tagCustomer, n.GetCustomer().GetName())
	b = text(b, tagNote, n.GetNote())
	b = text(b, tagReference, n.GetReference())
	if s := n.GetScheduledFor(); s != nil {
		var at [12]byte
		binary.BigEndian.PutUint64(at[:8], uint64(s.GetSeconds()))
		binary.BigEndian.PutUint32(at[8:], uint32(s.GetNanos()))
		b = append(b, tagScheduledFor, byte(len(at)))
		b = append(b, at[:]...)
	}
	b = text(b, tagRequesterName, n.GetRequester().GetName())
	b = text(b, tagRequesterEmail, strings.ToLower(n.GetRequester().GetEmail()))
	b = text(b, tagRequesterIssuer, n.GetRequester().GetIssuer())
	b = text(b, tagRequesterSubject, n.GetRequester().GetSubject())
	for _, l := range n.GetLines() {
		b = appendLine(b, l)
	}
	return b
}

func appendLine(b []byte, l *orderv1.Line) []byte {
	b = append(b, tagLine, 0)
	b = number(b, tagNumber, l.GetNumber())
	b = text(b, tagProduct, l.GetProduct())
	b = text(b, tagCatalogItem, l.GetCatalogItem())
	b = text(b, tagAmount, plain(l.GetUnitPrice().GetAmount()))
	b = text(b, tagCurrency, l.GetUnitPrice().GetCurrency())
	return appendChange(b, l)
}

func appendChange(b []byte, l *orderv1.Line) []byte {
	switch c := l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		b = text(b, tagChange, "new_subscription")
		b = number(b, tagQuantity, c.NewSubscription.GetQuantity())
		b = text(b, tagTerm, c.NewSubscription.GetTerm())
		b = number(b, tagBillingCycle, int32(c.NewSubscription.GetBillingCycle()))
	case *orderv1.Line_AddSeats:
		b = text(b, tagChange, "add_seats")
		b = number(b, tagQuantity, c.AddSeats.GetQuantity())
		b = text(b, tagSubscription, strings.ToLower(c.AddSeats.GetSubscriptionId()))
	case *orderv1.Line_RemoveSeats:
		b = text(b, tagChange, "remove_seats")
		b = number(b, tagQuantity, c.RemoveSeats.GetQuantity())
		b = text(b, tagSubscription, strings.ToLower(c.RemoveSeats.GetSubscriptionId()))
	case *orderv1.Line_Suspend:
		b = changing(b, "suspend", c.Suspend.GetSubscriptionId())
	case *orderv1.Line_Reactivate:
		b = changing(b, "reactivate", c.Reactivate.GetSubscriptionId())
	case *orderv1.Line_CancelSubscription:
		b = changing(b, "cancel_subscription", c.CancelSubscription.GetSubscriptionId())
	case *orderv1.Line_CancelPurchase:
		b = text(b, tagChange, "cancel_purchase")
		b = text(b, tagVendorOrder, c.CancelPurchase.GetVendorOrderId())
		b = numbers(b, tagVendorLines, c.CancelPurchase.GetVendorLines())
	case *orderv1.Line_SetAutoRenew:
		b = changing(b, "set_auto_renew", c.SetAutoRenew.GetSubscriptionId())
		if c.SetAutoRenew.GetEnabled() {
			b = number(b, tagEnabled, 1)
		}
	case *orderv1.Line_ChangeTerm:
		b = changing(b, "change_term", c.ChangeTerm.GetSubscriptionId())
		b = text(b, tagTerm, c.ChangeTerm.GetTerm())
		b = number(b, tagBillingCycle, int32(c.ChangeTerm.GetBillingCycle()))
	case *orderv1.Line_ChangeProduct:
		b = changing(b, "change_product", c.ChangeProduct.GetSubscriptionId())
		b = number(b, tagQuantity, c.ChangeProduct.GetQuantity())
		b = text(b, tagTerm, c.ChangeProduct.GetTerm())
		b = number(b, tagBillingCycle, int32(c.ChangeProduct.GetBillingCycle()))
	case *orderv1.Line_AddOn:
		b = changing(b, "add_on", c.AddOn.GetParentSubscriptionId())
		b = number(b, tagQuantity, c.AddOn.GetQuantity())
		b = text(b, tagTerm, c.AddOn.GetTerm())
		b = number(b, tagBillingCycle, int32(c.AddOn.GetBillingCycle()))
	}
	return b
}

// changing writes the kind of a change and the subscription that it is about.
func changing(b []byte, kind, subscription string) []byte {
	return text(text(b, tagChange, kind), tagSubscription, strings.ToLower(subscription))
}

// numbers writes a set of numbers, 0 among them, in rising order.
func numbers(b []byte, tag byte, set []int32) []byte {
	if len(set) == 0 {
		return b
	}
	var inner []byte
	for _, n := range slices.Sorted(slices.Values(set)) {
		inner = binary.AppendVarint(inner, int64(n))
	}
	b = append(b, tag)
	b = binary.AppendUvarint(b, uint64(len(inner)))
	return append(b, inner...)
}

func text(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	b = append(b, tag)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func number(b []byte, tag byte, n int32) []byte {
	if n == 0 {
		return b
	}
	var digits [binary.MaxVarintLen32]byte
	d := binary.AppendVarint(digits[:0], int64(n))
	b = append(b, tag, byte(len(d)))
	return append(b, d...)
}

// plain takes superfluous zeros off a decimal: "0570.50" is 570.5. What is no decimal stays.
func plain(amount string) string {
	if amount == "" || strings.Trim(amount, "0123456789.") != "" || strings.Count(amount, ".") > 1 {
		return amount
	}
	if strings.Contains(amount, ".") {
		amount = strings.TrimSuffix(strings.TrimRight(amount, "0"), ".")
	}
	if amount = strings.TrimLeft(amount, "0"); amount == "" || amount[0] == '.' {
		amount = "0" + amount
	}
	return amount
}
