package smtp

import (
	"errors"
	"net/textproto"
	"strings"
	"unicode"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Outcome says what became of a mail. The set is closed.
type Outcome uint8

// The outcomes. The zero value is Unknown, so an outcome that was forgotten is never taken for a definite one.
const (
	// Unknown: the whole mail has left and no answer came. It may have been delivered.
	Unknown Outcome = iota
	// Sent: the server has taken the mail over.
	Sent
	// Refused: not sent, and the same mail will not be taken later either.
	Refused
	// Retry: not sent; the same mail may be taken later.
	Retry
)

var outcomeWords = [...]string{Unknown: "unknown", Sent: "sent", Refused: "refused", Retry: "retry"}

// String is the outcome's stable word, such as "sent". A value outside the set reads "unknown".
func (o Outcome) String() string {
	if int(o) >= len(outcomeWords) {
		return outcomeWords[Unknown]
	}
	return outcomeWords[o]
}

// Result is what became of one mail.
type Result struct {
	Outcome Outcome
	// Code is the server's last reply code, such as 250 or 550, be it to the mail or to our sign-in; 0 when it said nothing.
	Code int
	// Answer is the server's text in one line of at most 300 bytes, without the code.
	Answer string
	// Err is nil when Sent, else a *fault.Error: Invalid for a mail that cannot be sent as it is, Conflict for one the
	// server refused, Unavailable for the rest. Its Message may be shown to people.
	Err error
}

// maxAnswer bounds what is kept of a server's text, in bytes.
const maxAnswer = 300

// phase is how far a mail had come; what a lost connection means follows from it.
type phase uint8

const (
	envelope phase = iota // commands only
	content               // some of the mail has left, its end has not
	answer                // all of it has left
)

// judge turns the end of a transaction into its result. err is nil, a server's reply or a broken connection.
func judge(at phase, code int, text string, err error) Result {
	r := Result{Code: code, Answer: oneLine(text)}
	switch {
	case err == nil:
		r.Outcome = Sent
		return r
	case code == 0 && at == answer, code != 0 && at == answer && code/100 != 4 && code/100 != 5:
		r.Outcome = Unknown
		r.Err = fault.New(fault.Unavailable, "mail_answer_lost",
			"The connection to the mail server was lost before it confirmed the mail. It may have been delivered.")
	case code/100 == 5 && !aboutUs(code):
		r.Outcome = Refused
		r.Err = fault.New(fault.Conflict, "mail_refused", "The mail server refused the mail.")
	case code != 0:
		r.Outcome = Retry
		r.Err = fault.New(fault.Unavailable, "mail_put_off", "The mail server does not take the mail now.")
	default:
		r.Outcome = Retry
		r.Err = fault.New(fault.Unavailable, "mail_connection_lost", "The connection to the mail server was lost before the mail was sent.")
	}
	r.Err = fault.As(r.Err).In("smtp.send").Because(err)
	return r
}

// aboutUs tells the 5xx codes that concern our sign-in or encryption, not the mail: an operator puts that right, and the
// mail is then taken.
func aboutUs(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// notBegun is the result of a mail for which no transaction was begun.
func notBegun(code, message string, err error) Result {
	f := fault.New(fault.Unavailable, code, message).In("smtp.send").Because(err)
	return Result{Outcome: Retry, Err: f}
}

// replyOf takes a server's reply out of an error; code 0 means that there was none.
func replyOf(err error) (code int, text string) {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code, reply.Msg
	}
	return 0, ""
}

// answerOf is replyOf with the text as a Result carries it.
func answerOf(err error) (code int, text string) {
	code, text = replyOf(err)
	return code, oneLine(text)
}

// oneLine makes a server's text fit for a log line and a table cell.
func oneLine(s string) string {
	if len(s) <= maxAnswer && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) &&
		!strings.Contains(s, "  ") && strings.TrimSpace(s) == s {
		return s // as nearly every answer is
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > maxAnswer {
		s = s[:maxAnswer]
	}
	return strings.ToValidUTF8(s, "")
}
