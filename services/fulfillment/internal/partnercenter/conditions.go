package partnercenter

import (
	"errors"
	"time"
)

// NoUserSignIn is the word of the entry for what only a signed-in user may ask while none is set up. Whoever asked goes on
// without the answer.
const NoUserSignIn = "user_sign_in_missing"

// DryRun is the word of the entry for what was not sent because nothing is.
const DryRun = "dry_run"

// SignInRefused is the word of the entry for what was not sent because the partner account may not sign in.
const SignInRefused = "sign_in_refused"

// signInWait is how long a call is left that the refused sign-in held back.
const signInWait = time.Minute

// dryRunWait is how long a call that a dry run held back is left before it is asked for again.
const dryRunWait = 5 * time.Minute

var errDryRun = errors.New("partnercenter: dry run")

var errNoUser = errors.New("partnercenter: no refresh token is set up")

// Conditions of our own, which no answer of the vendor stands behind.
var (
	entryNoAnswer = Entry{
		Class: Ambiguous, Outcome: Unknown, Actor: Seatflow,
		Word: vendorTimeout.word, Message: vendorTimeout.message, Hint: vendorTimeout.hint,
	}.filled()
	entryUnreadable = Entry{
		Class: Ambiguous, Outcome: Unknown, Actor: Seatflow, Word: "vendor_unreadable",
		Message: "Partner Center's answer could not be read. Order may have been created.", Hint: vendorTimeout.hint,
	}.filled()
	entryNothingLearnt = Entry{
		Class: Retry, Outcome: Unknown, Actor: Seatflow, Word: "vendor_unavailable",
		Message: "Partner Center did not answer a question. Nothing was changed by it.", Hint: "Seatflow asks again by itself.",
	}.filled()
	entryNotSent = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "vendor_unreachable",
		Message: "Partner Center could not be reached. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}.filled()
	entryTooLate = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "send_too_late",
		Message: "The request was not sent in time. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}.filled()
	entrySignInFailed = Entry{
		Class: Retry, Outcome: NotSent, Actor: Seatflow, Word: "sign_in_unavailable",
		Message: "Microsoft's sign-in did not answer. Nothing was sent.", Hint: "Seatflow tries again by itself.",
	}.filled()
	entrySignInRefused = Entry{
		Class: Setup, Outcome: NotSent, Actor: Operator, Word: SignInRefused, Wait: signInWait,
		Message: "Microsoft refused the sign-in of this partner account. Nothing was sent.",
		Hint:    "Check tenant, client id and client secret of the partner account, and whether the secret has expired.",
	}.filled()
	entryUserSignIn = Entry{
		Class: Setup, Outcome: NotSent, Actor: Operator, Word: "user_sign_in_refused",
		Message: "Microsoft refused the sign-in of the partner's user, or there is no refresh token. Nothing was sent.",
		Hint: "Sign in once more and put the new refresh token into the file that --vendor-refresh-token-file " +
			"(SEATFLOW_VENDOR_REFRESH_TOKEN_FILE) names.",
	}.filled()
	entryNoUser = Entry{
		Class: Setup, Outcome: Refused, Actor: Operator, Word: NoUserSignIn,
		Message: "This question needs a signed-in user of the partner, and none is set up. Nothing was asked.",
		Hint:    "Set --vendor-refresh-token-file (SEATFLOW_VENDOR_REFRESH_TOKEN_FILE) to a file with a refresh token.",
	}.filled()
	entryDryRun = Entry{
		Class: Setup, Outcome: NotSent, Actor: Operator, Word: DryRun, Wait: dryRunWait,
		Message: "Dry run: nothing was sent to Partner Center, so nothing was bought or changed.",
		Hint:    "The log has the request that would have been sent. Switch --vendor-dry-run (SEATFLOW_VENDOR_DRY_RUN) off to have orders bought.",
	}.filled()
	entryBadInput = Entry{
		Class: Terminal, Outcome: Refused, Actor: Requester, Word: "bad_vendor_input",
		Message: "The request cannot be sent to Partner Center as it is. Nothing was sent.",
		Hint:    "Check the customer, cart, order and subscription ids of the order.",
	}.filled()
)

// Conditions gives what Seatflow itself says when the vendor has said nothing, or nothing that can be read.
func Conditions() []Entry {
	return []Entry{
		entryNoAnswer, entryUnreadable, entryNothingLearnt, entryNotSent, entryTooLate, entrySignInFailed, entrySignInRefused,
		entryUserSignIn, entryNoUser, entryBadInput, entryDryRun,
	}
}
