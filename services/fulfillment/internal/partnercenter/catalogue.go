package partnercenter

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// plain is a meaning in words, shared by the codes that mean the same to people.
type plain struct {
	word    string
	message string
	hint    string
}

// row says what some codes of one status mean.
type row struct {
	status int
	codes  string // separated by blanks
	class  Class
	actor  Actor
	plain  plain
}

type entryKey struct {
	status int
	code   string
}

// catalogue is the error table: (HTTP status, code) to entry. The same code means different things under different
// statuses, so neither alone is a key. Its rows are in catalogue_*.go.
var catalogue, lineCatalogue, byCode = buildCatalogue()

func buildCatalogue() (exact map[entryKey]Entry, lines, byCode map[string]Entry) {
	exact, lines, byCode = map[entryKey]Entry{}, map[string]Entry{}, map[string]Entry{}
	for _, rows := range [][]row{customerRows, productRows, orderRows, subscriptionRows, statusRows} {
		for _, r := range rows {
			for _, e := range r.entries() {
				exact[entryKey{e.Status, e.Code}] = e
				if _, taken := byCode[e.Code]; !taken && e.Code != "" {
					byCode[e.Code] = e
				}
			}
		}
	}
	for _, r := range cartLineRows {
		for _, e := range r.entries() {
			lines[e.Code] = e
		}
	}
	return exact, lines, byCode
}

func (r row) entries() []Entry {
	codes := strings.Fields(r.codes)
	if len(codes) == 0 {
		codes = []string{""}
	}
	entries := make([]Entry, 0, len(codes))
	for _, code := range codes {
		e := Entry{
			Status: r.status, Code: code, Known: true, Class: r.class, Outcome: r.class.outcome(), Actor: r.actor,
			Word: r.plain.word, Message: r.plain.message, Hint: r.plain.hint, Wait: waits[code],
		}
		if r.status == 429 {
			e.Outcome = Throttled
		}
		entries = append(entries, e)
	}
	return entries
}

// waits is how long the vendor says, or its documentation implies, that a code lasts.
var waits = map[string]time.Duration{
	"800064": 5 * time.Second,  // the same checkout is running
	"800060": 2 * time.Minute,  // "a few minutes"
	"800007": 30 * time.Second, // provisioning not told yet
	"800082": 2 * time.Minute,  // renewal is running
	"800072": 2 * time.Minute,
	"800014": 2 * time.Minute,
	"900278": 24 * time.Hour, // pending operation
}

// Describe says what a status and a code mean. Status 0 stands for a code inside a body, such as OrderError.Code. What the
// table does not have falls to the safe class of its status (Known is false): 4xx is refused, 409, 412 and 417 are a
// conflict, 429 is throttled, everything else may have happened.
func Describe(status int, code string) Entry {
	if e, ok := catalogue[entryKey{status, code}]; ok {
		return e
	}
	if status == 0 {
		if e, ok := byCode[code]; ok {
			return e
		}
		status = 400 // an order group in error was not ordered
	}
	e, ok := catalogue[entryKey{status, ""}]
	switch {
	case ok:
	case status >= 400 && status < 500:
		e = catalogue[entryKey{400, ""}]
	default:
		e = catalogue[entryKey{500, ""}]
	}
	e.Status, e.Code, e.Known = status, code, false
	return e
}

// DescribeLine says what the error code of a cart line means. Unknown codes mean that the line cannot be bought.
func DescribeLine(code string) Entry {
	if e, ok := lineCatalogue[code]; ok {
		return e
	}
	e := lineCatalogue["0"]
	e.Code, e.Known = code, false
	return e
}

// Catalogue gives the whole table in the order of status and code, for the documentation and the portal.
func Catalogue() []Entry {
	all := make([]Entry, 0, len(catalogue))
	for _, e := range catalogue {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(len(a.Code), len(b.Code)), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// NoUserSignIn is the word of the entry for what only a signed-in user may ask while none is set up. Whoever asked goes on
// without the answer.
const NoUserSignIn = "user_sign_in_missing"

var errNoUser = errors.New("partnercenter: no refresh token is set up")

// Conditions of our own, which no answer of the vendor stands behind.
var (
	entryNoAnswer = Entry{
		Class: Ambiguous, Outcome: Unknown, Actor: Seatflow,
		Word: vendorTimeout.word, Message: vendorTimeout.message, Hint: vendorTimeout.hint,
	}
	entryUnreadable = Entry{
		Class: Ambiguous, Outcome: Unknown, Actor: Seatflow, Word: "vendor_unreadable",
		Message: "Partner Center's answer could not be read. Order may have been created.", Hint: vendorTimeout.hint,
	}
	entryNothingLearnt = Entry{
		Class: Retry, Outcome: Unknown, Actor: Seatflow, Word: "vendor_unavailable",
		Message: "Partner Center did not answer a question. Nothing was changed by it.", Hint: "Seatflow asks again by itself.",
	}
	entryNotSent = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "vendor_unreachable",
		Message: "Partner Center could not be reached. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}
	entryTooLate = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "send_too_late",
		Message: "The request was not sent in time. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}
	entrySignInFailed = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "sign_in_unavailable",
		Message: "Microsoft's sign-in did not answer. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}
	entrySignInRefused = Entry{
		Class: Setup, Outcome: NotSent, Actor: Operator, Word: "sign_in_refused",
		Message: "Microsoft refused the sign-in of this partner account. Nothing was sent.",
		Hint:    "Check tenant, client id and client secret of the partner account, and whether the secret has expired.",
	}
	entryUserSignIn = Entry{
		Class: Setup, Outcome: NotSent, Actor: Operator, Word: "user_sign_in_refused",
		Message: "Microsoft refused the sign-in of the partner's user, or there is no refresh token. Nothing was sent.",
		Hint: "Sign in once more and put the new refresh token into the file that --vendor-refresh-token-file " +
			"(SEATFLOW_VENDOR_REFRESH_TOKEN_FILE) names.",
	}
	entryNoUser = Entry{
		Class: Setup, Outcome: Refused, Actor: Operator, Word: NoUserSignIn,
		Message: "This question needs a signed-in user of the partner, and none is set up. Nothing was asked.",
		Hint:    "Set --vendor-refresh-token-file (SEATFLOW_VENDOR_REFRESH_TOKEN_FILE) to a file with a refresh token.",
	}
	entryBadInput = Entry{
		Class: Terminal, Outcome: Refused, Actor: Requester, Word: "bad_vendor_input",
		Message: "The request cannot be sent to Partner Center as it is. Nothing was sent.",
		Hint:    "Check the customer, cart, order and subscription ids of the order.",
	}
)
