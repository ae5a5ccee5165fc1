package handlers

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// NewValidator prepares the schema's rules for the messages that come in, once: nothing is
// compiled later.
func NewValidator() (protovalidate.Validator, error) {
	return protovalidate.New(
		protovalidate.WithMessages(&orderv1.NewOrder{}, &orderv1.Person{}),
		protovalidate.WithDisableLazy(),
	)
}

// schemaFaults are all faults that the schema's rules find, in plain words.
func schemaFaults(v protovalidate.Validator, m proto.Message) []fault.Violation {
	err := v.Validate(m)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return []fault.Violation{{Code: "unchecked", Message: "The order could not be checked."}}
	}
	out := make([]fault.Violation, 0, len(invalid.Violations))
	for _, one := range invalid.Violations {
		// What is missing breaks each rule of its field.
		if told := inWords(one); len(out) == 0 || out[len(out)-1] != told {
			out = append(out, told)
		}
	}
	return out
}

// word is how one field's faults are told.
type word struct {
	// noun names the field for people.
	noun string
	// code and wrong are for what is there but not right.
	code, wrong string
	hint        string
}

// words knows the fields by the last two parts of their path or by the last.
var words = map[string]word{
	"customer":         {noun: "The customer", hint: "Name the customer by tenant id and name."},
	"lines":            {noun: "The list of lines", code: "too_many_lines", wrong: "has more than 50 lines", hint: "An order has 1 to 50 lines."},
	"change":           {noun: "The requested change", hint: "Give one of new_subscription, add_on, add_seats, remove_seats, suspend, reactivate, cancel_subscription, cancel_purchase, set_auto_renew, change_term and change_product."},
	"tenant_id":        {noun: "The customer's tenant id", code: "not_a_uuid", wrong: "is not a UUID", hint: "Give the id of the customer's Entra tenant."},
	"subscription_id":  {noun: "The subscription id", code: "not_a_uuid", wrong: "is not a UUID", hint: "Give the id that Partner Center shows for the subscription."},
	"name":             {noun: "The name"},
	"product":          {noun: "The product's name"},
	"note":             {noun: "The note", hint: "Shorten it."},
	"reference":        {noun: "The reference", hint: "Shorten it."},
	"issuer":           {noun: "The issuer"},
	"subject":          {noun: "The subject"},
	"tenant":           {noun: "The tenant"},
	"email":            {noun: "The e-mail address", code: "malformed_email", wrong: "is not one", hint: "Write it like name@example.com."},
	"catalog_item":     {noun: "The catalogue item", code: "malformed_catalog_item", wrong: "is malformed", hint: "Write it like ProductId:SkuId:AvailabilityId."},
	"amount":           {noun: "The price", code: "malformed_amount", wrong: "is not a decimal number", hint: "Write it like 570.00: digits, a point and at most four decimals, never negative."},
	"currency":         {noun: "The currency", code: "malformed_currency", wrong: "is not a currency code", hint: "Write three capital letters like USD."},
	"quantity":         {noun: "The quantity", code: "out_of_range", wrong: "is not between 1 and 100,000", hint: "Give the number of seats to buy, add or remove."},
	"number":           {noun: "The line's number", code: "out_of_range", wrong: "is not between 1 and 50", hint: "Number the lines 1, 2, 3 … or leave the numbers out."},
	"term":             {noun: "The term", code: "unknown_term", wrong: "is none that can be bought", hint: "Use P1M, P1Y or P3Y, or leave it out for what is sold without one."},
	"billing_cycle":    {noun: "The billing cycle", code: "unknown_billing_cycle", wrong: "is missing or unknown", hint: cycles + "."},
	"new_subscription": {noun: "The new subscription"},

	"parent_subscription_id":       {noun: "The id of the subscription to add to", code: "not_a_uuid", wrong: "is not a UUID", hint: "Give the id that Partner Center shows for the subscription that the add-on is for."},
	"vendor_order_id":              {noun: "The vendor's id of the order", code: "malformed_vendor_order", wrong: "is malformed", hint: "Give the id that an order's lines show as vendor_order_id."},
	"vendor_lines":                 {noun: "The list of the vendor's lines", code: "bad_vendor_lines", wrong: "does not hold up to 50 different numbers from 0 to 999", hint: "Number the vendor's lines 0, 1, 2 … and name each once, or leave the list out for all of them."},
	"change_term":                  {noun: "What to change, term or billing cycle,", code: "required", wrong: "is missing", hint: "Give term, billing_cycle or both."},
	"change_term.term":             {noun: "The term", code: "unknown_term", wrong: "is none that can be bought", hint: "Use P1M, P1Y or P3Y, or leave it out to keep the term."},
	"change_product.term":          {noun: "The term", code: "unknown_term", wrong: "is none that can be bought", hint: "Use P1M, P1Y or P3Y, or leave it out to keep the term."},
	"change_product.quantity":      {noun: "The quantity", code: "out_of_range", wrong: "is not between 0 and 100,000", hint: "Give the number of seats to move, or 0 to move all of them."},
	"change_term.billing_cycle":    {noun: "The billing cycle", code: "unknown_billing_cycle", wrong: "is unknown", hint: cycles + ", or leave it out to keep the cycle."},
	"change_product.billing_cycle": {noun: "The billing cycle", code: "unknown_billing_cycle", wrong: "is unknown", hint: cycles + ", or leave it out to keep the cycle."},
}

const cycles = "Use BILLING_CYCLE_MONTHLY, BILLING_CYCLE_ANNUAL, BILLING_CYCLE_TRIENNIAL or BILLING_CYCLE_ONE_TIME"

// needsTerm ends the rules of a whole message that are about its term.
const needsTerm = ".needs_term"

// inWords tells one broken rule of the schema so that a stranger can mend it. A rule on a
// field that has no words yet is told as the schema tells it.
func inWords(v *protovalidate.Violation) fault.Violation {
	path, rule := protovalidate.FieldPathString(v.Proto.GetField()), v.Proto.GetRuleId()
	if strings.HasSuffix(rule, needsTerm) {
		path += ".term"
	}
	leaf := path[strings.LastIndexByte(path, '.')+1:]
	leaf, _, _ = strings.Cut(leaf, "[")
	w, known := words[lastTwo(path)]
	if !known {
		w, known = words[leaf]
	}
	out := fault.Violation{Field: path, Hint: w.hint}
	switch {
	case rule == "required" || strings.HasSuffix(rule, ".min_len") || strings.HasSuffix(rule, ".min_items"),
		strings.HasSuffix(rule, "_empty"), strings.HasSuffix(rule, needsTerm), rule == "string.pattern" && v.FieldValue.IsValid() && v.FieldValue.String() == "":
		out.Code, out.Message = "required", w.noun+" is missing."
	case strings.HasSuffix(rule, ".max_len"):
		out.Code = "too_long"
		out.Message = fmt.Sprintf("%s has more than %d characters.", w.noun, v.RuleValue.Uint())
	default:
		out.Code, out.Message = w.code, w.noun+" "+w.wrong+"."
	}
	if !known || out.Code == "" {
		out.Code = strings.ReplaceAll(rule, ".", "_")
		out.Message = path + ": " + v.Proto.GetMessage() + "."
	}
	return out
}

// lastTwo is the end of a path behind its last point but one: "change_term.term".
func lastTwo(path string) string {
	leaf := strings.LastIndexByte(path, '.')
	if leaf < 0 {
		return path
	}
	return path[strings.LastIndexByte(path[:leaf], '.')+1:]
}
