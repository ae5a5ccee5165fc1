package partnercenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Exchange names one request to the vendor. The caller has stored it before the call.
type Exchange struct {
	// RequestID (GUID) is the idempotency key, MS-RequestId: kept while no answer came, new after any answer.
	RequestID string
	// CorrelationID (GUID) is MS-CorrelationId, for tracing; it reappears in the vendor's audit records.
	CorrelationID string
	// SendBefore: when it has passed as the first byte is about to be written, the call is NotSent. Zero: no limit.
	SendBefore time.Time
}

// Answer says how a call went.
type Answer struct {
	Outcome Outcome
	Status  int // HTTP status, 0 if none came

	// What the vendor's headers said; the first two are the exchange's own where the vendor did not echo them.
	RequestID, CorrelationID, CV, ServerID string

	Location    string        // where to look after a 202
	RetryAfter  time.Duration // how long the vendor wants us to wait; always set for Throttled
	Code        string        // the vendor's code, "" if none
	Description string        // the vendor's words, at most 1024 bytes; for logs and admins, never to be matched on
	Entry       Entry         // what it means here; zero for Done
	Duration    time.Duration // from asking to the whole answer, waiting for a token and a connection included
	Requests    int           // how many requests went to the API, for the rate budget; sign-in not counted
}

// Unreachable says that no connection to the vendor could be made.
func (a Answer) Unreachable() bool { return a.Entry.Word == entryNotSent.Word }

// request is what a method asks for.
type request struct {
	op      operation
	root    string   // what the path stands below; "" is /v1
	path    []string // its segments
	query   string   // encoded
	next    link     // instead of path and query: where a list goes on
	send    any      // to be sent as JSON
	body    []byte   // or this, as it is
	content string   // its type; "" is JSON
	etag    string
}

// defaultWait is how long to wait after a 429 that names no time: the vendor counts per minute.
const defaultWait = 30 * time.Second

var (
	contentJSON = []string{"application/json"}
	contract    = []string{"v1"}
)

// call does one operation from token to decoded answer. The error is nil exactly when the outcome is Done.
func (c *Client) call(ctx context.Context, ex Exchange, q request, into answerBody) (Answer, error) {
	started := c.now()
	answer, cause := c.attempt(ctx, ex, q, into)
	answer.Duration = c.now().Sub(started)
	if answer.RequestID == "" {
		answer.RequestID = ex.RequestID
	}
	if answer.CorrelationID == "" {
		answer.CorrelationID = ex.CorrelationID
	}
	c.observe(ctx, q.op, &answer, cause)
	if answer.Outcome == Done {
		return answer, nil
	}
	failure := answer.fault(q.op, cause)
	return answer, failure
}

// local is the answer to a call that this package itself refuses.
func (c *Client) local(op operation, entry Entry) Answer {
	answer := Answer{Outcome: entry.Outcome, Entry: entry}
	c.metrics.count(op, &answer)
	return answer
}

// attempt sends the request, and once more with a fresh token if the first one was not accepted.
func (c *Client) attempt(ctx context.Context, ex Exchange, q request, into answerBody) (Answer, error) {
	tokens := c.tokens
	if q.op.wantsUser() {
		if tokens = c.userTokens; tokens == nil {
			return Answer{Outcome: entryNoUser.Outcome, Entry: entryNoUser}, errNoUser
		}
	}
	target, err := c.locate(q)
	if err == nil && q.send != nil {
		q.body, err = json.Marshal(q.send)
	}
	if err != nil {
		return Answer{Outcome: entryBadInput.Outcome, Entry: entryBadInput}, err
	}
	if c.dryRun && !q.op.question() {
		c.logUnsent(ctx, ex, q, target)
		return Answer{Outcome: entryDryRun.Outcome, Entry: entryDryRun}, errDryRun
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeouts[q.op], expired[q.op])
	defer cancel()
	requests := 0
	for {
		token, entry, err := tokens.get(ctx)
		if err != nil {
			return Answer{Outcome: NotSent, Entry: entry, Requests: requests}, err
		}
		allowed, err := c.allowed(ctx, ex, q.op)
		if err != nil {
			return Answer{Outcome: NotSent, Entry: entryTooLate, Requests: requests}, err
		}
		answer, cause := c.exchange(ctx, cancel, allowed, q, target, token, into)
		if answer.Outcome != NotSent {
			requests++
		}
		answer.Requests = requests
		if answer.Outcome == Throttled && c.permits != nil {
			c.permits.Throttled(ctx, q.op.resource(), answer.RetryAfter)
		}
		if answer.Status != http.StatusUnauthorized || requests > 1 {
			return answer, cause
		}
		tokens.drop(token)
	}
}

// allowed is the exchange with the time at which the permit for its next request ends, if that is sooner.
func (c *Client) allowed(ctx context.Context, ex Exchange, op operation) (Exchange, error) {
	if c.permits == nil || op.resource() == "" {
		return ex, nil
	}
	until, err := c.permits.Permit(ctx, op.resource())
	if !until.IsZero() && (ex.SendBefore.IsZero() || until.Before(ex.SendBefore)) {
		ex.SendBefore = until
	}
	return ex, err
}

// sending is one request on its way, in one piece of memory.
type sending struct {
	gate  gate
	trace httptrace.ClientTrace
	url   url.URL
	body  bytes.Reader
	ids   [3]string // request, correlation, continuation
}

// exchange sends one request and reads what comes back.
func (c *Client) exchange(ctx context.Context, cancel func(), ex Exchange, q request, target url.URL, token *token, into answerBody) (Answer, error) {
	if !ex.SendBefore.IsZero() && c.now().After(ex.SendBefore) {
		return Answer{Outcome: NotSent, Entry: entryTooLate}, errLate
	}
	s := &sending{gate: gate{before: ex.SendBefore, now: c.now, cancel: cancel}, url: target, ids: [3]string{ex.RequestID, ex.CorrelationID, q.next.token}}
	// Not through http.Client: redirects are not followed, and cookies and its second timer are not needed.
	resp, err := c.transport.RoundTrip(c.newRequest(s.gate.traced(ctx, &s.trace), s, q, token))
	if err != nil {
		return c.lost(ctx, q.op, &s.gate, err)
	}
	defer func() { _ = resp.Body.Close() }()
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readAll(buf, resp); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return c.unread(q.op, resp, err)
	}
	return c.judge(q.op, resp, buf.Bytes(), into)
}

// lost classes a call without an answer, by whether its first byte was written.
func (c *Client) lost(ctx context.Context, op operation, g *gate, err error) (Answer, error) {
	notSent := g.shut()
	switch {
	case g.late.Load():
		return Answer{Outcome: NotSent, Entry: entryTooLate}, errLate
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	if notSent {
		return Answer{Outcome: NotSent, Entry: entryNotSent}, err
	}
	return Answer{Outcome: Unknown, Entry: forOperation(op, entryNoAnswer)}, err
}

// newRequest fills what http.NewRequest would, from an address that is parsed already.
func (c *Client) newRequest(ctx context.Context, s *sending, q request, token *token) *http.Request {
	h := http.Header{ // the vendor's own spelling; names are compared without case on the wire
		"Authorization":                token.header,
		"Accept":                       contentJSON,
		"MS-Contract-Version":          contract,
		"MS-PartnerCenter-Application": c.application,
		"X-Locale":                     c.locale,
	}
	if s.ids[0] != "" {
		h["MS-RequestId"] = s.ids[0:1:1]
	}
	if s.ids[1] != "" {
		h["MS-CorrelationId"] = s.ids[1:2:2]
	}
	if s.ids[2] != "" {
		h["MS-ContinuationToken"] = s.ids[2:3:3]
	}
	if q.etag != "" {
		h["If-Match"] = []string{quotedETag(q.etag)}
	}
	req := http.Request{
		Method: operations[q.op].method, URL: &s.url, Host: s.url.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if body := q.body; body != nil {
		h["Content-Type"] = contentJSON
		if q.content != "" {
			h["Content-Type"] = []string{q.content}
		}
		s.body.Reset(body)
		req.Body, req.ContentLength = io.NopCloser(&s.body), int64(len(body))
		// Asked for when a connection turns out to be closed before a byte has moved, and another one is taken.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	return req.WithContext(ctx)
}

func quotedETag(etag string) string {
	if strings.HasPrefix(etag, `"`) || strings.HasPrefix(etag, "W/") {
		return etag
	}
	return `"` + etag + `"`
}

// locate gives the address of a request. Ids are opaque, so they are escaped, never trusted.
func (c *Client) locate(q request) (url.URL, error) {
	if q.next.uri != "" {
		return c.follow(q.next.uri)
	}
	var plain, escaped strings.Builder
	plain.Grow(160)
	plain.WriteString(c.base.Path)
	if q.root == "" {
		q.root = "/v1"
	}
	plain.WriteString(q.root)
	for i, s := range q.path {
		if s == "" || s == "." || s == ".." {
			return url.URL{}, fmt.Errorf("partnercenter: part %d of the path is empty or not an id", i)
		}
		e := url.PathEscape(s)
		if e != s && escaped.Len() == 0 {
			escaped.WriteString(plain.String())
		}
		plain.WriteByte('/')
		plain.WriteString(s)
		if escaped.Len() > 0 {
			escaped.WriteByte('/')
			escaped.WriteString(e)
		}
	}
	u := *c.base
	u.Path, u.RawPath, u.RawQuery = plain.String(), escaped.String(), q.query
	return u, nil
}

var (
	buffers     = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	errTooLarge = errors.New("partnercenter: answer is too large")
)

func release(buf *bytes.Buffer) {
	if buf.Cap() > 64<<10 {
		return
	}
	buf.Reset()
	buffers.Put(buf)
}

// readAll reads an answer to its end, so that its connection can be used again.
func readAll(buf *bytes.Buffer, resp *http.Response) error {
	if resp.ContentLength > maxBody {
		return errTooLarge
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && n > maxBody {
		err = errTooLarge
	}
	return err
}

// headers takes what the answer's headers say.
func headers(resp *http.Response, now time.Time) Answer {
	h := resp.Header
	return Answer{
		Status:    resp.StatusCode,
		RequestID: once(h.Get("Ms-Requestid")), CorrelationID: once(h.Get("Ms-Correlationid")),
		CV: once(h.Get("Ms-Cv")), ServerID: once(h.Get("Ms-Serverid")),
		Location:   h.Get("Location"),
		RetryAfter: retryAfter(h.Get("Retry-After"), now),
	}
}

// once undoes the doubling of echoed ids ("a,a") that some of the vendor's services do.
func once(v string) string {
	if a, b, ok := strings.Cut(v, ","); ok && a == strings.TrimSpace(b) {
		v = a
	}
	return shortened(strings.ToValidUTF8(v, ""), 256)
}

// retryAfter reads a Retry-After header, seconds or a date; never negative, never above a day.
func retryAfter(v string, now time.Time) time.Duration {
	const day = 24 * time.Hour
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(day/time.Second))) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), day)
}
