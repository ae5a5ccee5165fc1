package vendorapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// The refusals that come before the world is asked.
var (
	errNoToken    = &world.Refusal{Status: 401, Code: 800001, Description: "The partner token is missing."}
	errBadToken   = &world.Refusal{Status: 401, Code: 400, Description: "Access denied."}
	errAppOnly    = &world.Refusal{Status: 403, Code: 900329, Description: "The resource does not accept application-only tokens."}
	errLicences   = &world.Refusal{Status: 400, Code: 900316, Description: "The call does not accept this kind of token."}
	errNoSuchPath = &world.Refusal{Status: 404, Code: 1000, Description: "Not found."}
)

// forUsers are the operations that take App+User tokens only, with what others get.
var forUsers = [traffic.Operations]*world.Refusal{
	traffic.GetProvisioning: errAppOnly, traffic.GetSubscriptionProvisioning: errAppOnly, traffic.ListAgreements: errAppOnly,
	traffic.GetDirectSignStatus: errAppOnly, traffic.GetValidationStatus: errAppOnly, traffic.ListSubscribedSKUs: errLicences,
}

// refuse answers a refusal as the vendor does (shape 1).
func (s *Server) refuse(w http.ResponseWriter, c *call, refusal *world.Refusal) {
	if refusal.Status == http.StatusUnauthorized {
		w.Header()["WWW-Authenticate"] = []string{"OAuth realm=urn:cpsvc:cpid:" + c.header[1]}
	}
	c.shape1(refusal)
	s.answer(w, c, refusal.Status)
}

// shape1 replaces the body by the vendor's ordinary error body, the code as a number.
func (c *call) shape1(refusal *world.Refusal) {
	quote := ""
	if _, struck := c.behave.Ask(behaviours.CodeAsText); struck {
		quote = `"`
	}
	c.code = refusal.Code
	c.out = strconv.AppendInt(append(append(c.out[:0], `{"code":`...), quote...), int64(refusal.Code), 10)
	c.out = append(c.out, quote...)
	c.out = append(c.out, `,"description":`...)
	c.out = appendText(c.out, refusal.Description)
	c.out = append(c.out, `,"data":[],"source":"PartnerFD"}`...)
}

// throttle answers as the throttling gateway does (shape 3).
func (s *Server) throttle(w http.ResponseWriter, c *call, wait time.Duration) {
	c.slowDown(s.Clock.Seconds(wait))
	s.answer(w, c, http.StatusTooManyRequests)
}

// slowDown writes the throttling gateway's answer.
func (c *call) slowDown(wait int64) {
	seconds := strconv.FormatInt(wait, 10)
	c.retry = seconds
	c.out = append(c.out[:0], `{"statusCode":429,"message":"Rate limit is exceeded. Try again in `...)
	c.out = append(append(c.out, seconds...), ` seconds."}`...)
}

// before does the first half of a fault and says whether the call ends with it.
func (s *Server) before(w http.ResponseWriter, c *call, rule *faults.Rule) (ended bool) {
	s.wait(rule.Delay)
	c.now = s.Clock.Now()
	switch rule.Action {
	case faults.Drop:
		s.hangUp(c)
	case faults.Fail:
		s.fail(w, c, rule)
		return true
	}
	return false
}

// after does the second half of a fault, when the call has taken effect, and says whether it has answered.
func (s *Server) after(w http.ResponseWriter, c *call, rule *faults.Rule) (answered bool) {
	s.wait(rule.AnswerDelay)
	switch rule.Action {
	case faults.Swallow:
		s.hangUp(c)
	case faults.FailAfter:
		s.fail(w, c, rule)
		return true
	}
	return false
}

// wait lets a planned delay pass. It does not end when the client goes, only when the server stops.
func (s *Server) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Stop:
	}
}

// hangUp closes the connection without an answer; net/http does that for this panic and logs nothing.
func (s *Server) hangUp(c *call) {
	s.answered(c, 0)
	panic(http.ErrAbortHandler)
}

// fail answers what a rule says: the vendor's error body, the throttling gateway's, or, without a code, a proxy's page.
func (s *Server) fail(w http.ResponseWriter, c *call, rule *faults.Rule) {
	switch {
	case rule.Status == http.StatusTooManyRequests && rule.Code == 0:
		s.throttle(w, c, rule.RetryAfter)
	case rule.Code == 0:
		s.gateway(w, c, rule.Status)
	default:
		if rule.RetryAfter > 0 {
			w.Header()["Retry-After"] = []string{strconv.FormatInt(s.Clock.Seconds(rule.RetryAfter), 10)}
		}
		s.refuse(w, c, &world.Refusal{Status: rule.Status, Code: rule.Code, Description: describe(rule)})
	}
}

func describe(rule *faults.Rule) string {
	if rule.Description != "" {
		return rule.Description
	}
	return "A planned fault of the simulator."
}

// gateway answers as a proxy in front of the vendor does: a page, and none of the vendor's headers.
func (s *Server) gateway(w http.ResponseWriter, c *call, status int) {
	s.answered(c, status)
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	w.Header()["Content-Type"] = []string{"text/html"}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><head><title>" + text + "</title></head><body><center><h1>" + text + "</h1></center></body></html>\r\n"))
}
