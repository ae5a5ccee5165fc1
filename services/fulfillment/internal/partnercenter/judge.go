package partnercenter

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// judge classes a whole answer and decodes it if it is the one hoped for.
func (c *Client) judge(op operation, resp *http.Response, body []byte, into answerBody) (Answer, error) {
	answer := headers(resp, c.now())
	cause := answer.decide(op, body, into)
	if answer.Code != "" && !answer.Entry.Known && answer.Outcome != Done {
		c.metrics.unknownCodes.Inc()
	}
	return answer, cause
}

// decide sets the outcome and what goes with it from status and body; nothing else. The error is the cause for the log.
func (a *Answer) decide(op operation, body []byte, into answerBody) error {
	if a.Status >= 200 && a.Status < 300 {
		return a.decideSuccess(op, body, into)
	}
	p := readProblem(body)
	a.Code, a.Description = p.code, p.description
	a.Entry = forOperation(op, Describe(a.Status, a.Code))
	a.Outcome = a.Entry.Outcome
	if a.Outcome == Throttled && a.RetryAfter == 0 {
		a.RetryAfter = defaultWait
	}
	return fmt.Errorf("partnercenter: answer %d, code %q: %s", a.Status, a.Code, a.Description)
}

// emptyBody is an answer that may come without a body.
type emptyBody interface{ emptyOn(status int) bool }

func (a *Answer) decideSuccess(op operation, body []byte, into answerBody) error {
	if e, ok := into.(emptyBody); ok && e.emptyOn(a.Status) && strings.TrimSpace(clean(string(body))) == "" {
		a.Outcome = Done
		return nil
	}
	err := decodeInto(body, into)
	if err == nil && into.complete() {
		a.Outcome = Done
		return nil
	}
	if err == nil {
		err = fmt.Errorf("partnercenter: answer %d lacks what it must have", a.Status)
	}
	// The vendor documents a business error inside a success status; only codes that we know as such are definite.
	p := readProblem(body)
	a.Code, a.Description = p.code, p.description
	if entry, ok := catalogue[entryKey{InAnswer, a.Status, a.Code}]; ok && a.Code != "" {
		a.Entry, a.Outcome = entry, entry.Outcome
		return err
	}
	a.Entry, a.Outcome = forOperation(op, entryUnreadable), Unknown
	return err
}

// unread classes an answer whose headers came and whose body did not. Only the statuses that say "not executed" whatever
// the code are definite: a 400 may have been the one that says the cart was already submitted.
func (c *Client) unread(op operation, resp *http.Response, cause error) (Answer, error) {
	answer := headers(resp, c.now())
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusUnauthorized:
		_ = answer.decide(op, nil, nil)
	default:
		answer.Entry, answer.Outcome = forOperation(op, entryUnreadable), Unknown
	}
	return answer, cause
}

// forOperation gives the entry as it is meant for the operation: after a read nothing can have happened.
func forOperation(op operation, e Entry) Entry {
	if e.Outcome != Unknown || !op.question() {
		return e
	}
	code, status, isKnown := e.Code, e.Status, e.Known
	e = entryNothingLearnt
	e.Code, e.Status, e.Known = code, status, isKnown
	return e
}

// fault is the error for an answer other than Done.
func (a *Answer) fault(op operation, cause error) *fault.Error {
	err := &fault.Error{
		Kind: a.kind(), Op: "partnercenter." + op.String(), Code: a.Entry.Word, Message: a.Entry.Message, Hint: a.Entry.Hint,
		RetryAfter: max(a.RetryAfter, a.Entry.Wait), Err: cause,
	}
	if a.RequestID != "" {
		err.Subject = "request " + a.RequestID
	}
	return err
}

func (a *Answer) kind() fault.Kind {
	switch {
	case a.Outcome == Throttled:
		return fault.TooMany
	case a.Entry.Class == Setup:
		return fault.Internal
	case a.Outcome == Unknown, a.Outcome == NotSent, a.Entry.Class == Retry:
		return fault.Unavailable
	case a.Status == http.StatusNotFound:
		return fault.NotFound
	case a.Entry.Class == Terminal && (a.Status == http.StatusBadRequest || a.Status == 0):
		return fault.Invalid
	}
	return fault.Conflict
}
