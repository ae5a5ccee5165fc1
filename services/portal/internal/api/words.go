package api

import (
	"strconv"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Labels is what the product's pages call a status.
type Labels struct {
	Pending    string `json:"pending,omitempty" doc:"On the page Pending Orders; absent where the order is not listed there." example:"Awaiting Approval"`
	Recent     string `json:"recent" doc:"On the page Orders, view recent." example:"Started"`
	Historical string `json:"historical" doc:"On the page Orders, view historical." example:"In progress"`
}

// statusInfo is one row of the product's table of statuses.
type statusInfo struct {
	word   string
	labels Labels
	// stage is the service that holds an order with this status; empty when nobody does any more.
	stage string
}

const (
	approvalStage    = "approval"
	fulfillmentStage = "fulfillment"
)

var statuses = map[orderv1.Status]statusInfo{
	orderv1.Status_STATUS_DRAFT:                 {"draft", Labels{"", "Started", "Draft"}, "intake"},
	orderv1.Status_STATUS_RECEIVED:              {"received", Labels{"Processing", "Started", "In progress"}, approvalStage},
	orderv1.Status_STATUS_AWAITING_APPROVAL:     {"awaiting_approval", Labels{"Awaiting Approval", "Started", "In progress"}, approvalStage},
	orderv1.Status_STATUS_SCHEDULED:             {"scheduled", Labels{"Scheduled", "Started", "In progress"}, fulfillmentStage},
	orderv1.Status_STATUS_PROCESSING:            {"processing", Labels{"Processing", "Provisioning started", "In progress"}, fulfillmentStage},
	orderv1.Status_STATUS_WAITING_ON_VENDOR:     {"waiting_on_vendor", Labels{"Processing", "Provisioning started", "In progress"}, fulfillmentStage},
	orderv1.Status_STATUS_OUTCOME_UNKNOWN:       {"outcome_unknown", Labels{"Processing", "Provisioning started", "In progress"}, fulfillmentStage},
	orderv1.Status_STATUS_FAILED:                {"failed", Labels{"Failed", "Provisioning failed", "Completed with errors"}, fulfillmentStage},
	orderv1.Status_STATUS_COMPLETED_WITH_ERRORS: {"completed_with_errors", Labels{"Failed", "Provisioning failed", "Completed with errors"}, fulfillmentStage},
	orderv1.Status_STATUS_COMPLETED:             {"completed", Labels{"", "Provisioning finished", "Completed"}, ""},
	orderv1.Status_STATUS_REJECTED:              {"rejected", Labels{"", "Rejected", "Rejected"}, ""},
	orderv1.Status_STATUS_EXPIRED:               {"expired", Labels{"", "Expired", "Expired"}, ""},
	orderv1.Status_STATUS_CANCELLED:             {"cancelled", Labels{"", "Cancelled", "Cancelled"}, ""},
	orderv1.Status_STATUS_DELETED:               {"deleted", Labels{"", "Deleted", "Deleted"}, ""},
}

// info is a status' row. A status that only a newer service knows is carried as a word and shown as in progress.
func info(s orderv1.Status) statusInfo {
	if i, ok := statuses[s]; ok {
		return i
	}
	return statusInfo{enumWord("status", int32(s), s.String(), "STATUS_"), Labels{"Processing", "Started", "In progress"}, ""}
}

// statusOf is the status that a word names; the caller has checked the word.
func statusOf(word string) orderv1.Status {
	return orderv1.Status(orderv1.Status_value["STATUS_"+strings.ToUpper(word)])
}

// The words of a line's status, of who has to move, a role and a billing cycle.
var (
	lineStatusWord = enumWords[orderv1.LineStatus]("status", "LINE_STATUS_", orderv1.LineStatus_name)
	ownerWord      = enumWords[orderv1.Owner]("owner", "OWNER_", orderv1.Owner_name)
	roleWord       = enumWords[orderv1.Role]("role", "ROLE_", orderv1.Role_name)
	cycleWord      = enumWords[orderv1.BillingCycle]("cycle", "BILLING_CYCLE_", orderv1.BillingCycle_name)
)

// enumWords makes all words of an enum once.
func enumWords[E ~int32](kind, prefix string, names map[int32]string) func(E) string {
	words := make(map[E]string, len(names))
	for number, name := range names {
		words[E(number)] = enumWord(kind, number, name, prefix)
	}
	return func(e E) string {
		if word, ok := words[e]; ok {
			return word
		}
		return enumWord(kind, int32(e), "", prefix)
	}
}

func cycleOf(word string) orderv1.BillingCycle {
	return orderv1.BillingCycle(orderv1.BillingCycle_value["BILLING_CYCLE_"+strings.ToUpper(word)])
}

// enumWord turns LINE_STATUS_IN_FLIGHT into in_flight, a number that has no name into kind_number, and zero into nothing.
func enumWord(kind string, number int32, name, prefix string) string {
	if number == 0 {
		return ""
	}
	if rest, ok := strings.CutPrefix(name, prefix); ok {
		return strings.ToLower(rest)
	}
	return kind + "_" + strconv.Itoa(int(number))
}

// seats counts in words: "1 seat", "25 seats".
func seats(n int32) string {
	if n == 1 {
		return "1 seat"
	}
	return strconv.Itoa(int(n)) + " seats"
}
