// Package vendorapi is Partner Center's HTTP interface in front of a world: documented paths, headers, bodies and errors.
//
// Model: each call passes the same steps, in this order:
//
//	bearer token ─► request limit ─► body ─► planned fault, first half ─► the operation ─► fault, second half ─► answer
//	 401            429, shape 3             refused, dropped, delayed     takes effect     answer changed or lost
//
// An operation is one row in routes and one method that turns a call into a reply; it neither sees faults nor writes
// headers. Bodies are written by hand (encode.go), since most calls of a benchmark end here.
//
// Guarantees: MS-RequestId and MS-CorrelationId are echoed, or made up when absent; MS-CV and MS-ServerId are always
// there. A call that was let past the limit takes effect even if its client has gone meanwhile, as at the vendor. Amounts
// are exact. Nothing is logged: the ledger and the counts are what there is to read.
//
// Failures: refusals of the world are answered as error bodies of shape 1 with the code as a number; 429 has shape 3; a
// gateway's faults have an HTML body.
package vendorapi

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/hooks"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

const (
	maxBody    = 256 << 10
	maxFiles   = 8 << 20
	serverID   = "030020344"
	maxEchoed  = 128 // longer request ids are cut
	spareBytes = 64 << 10
)

// Parts is what a Server stands on. All are needed except the credentials.
type Parts struct {
	World      *world.World
	Behaviours *behaviours.Set
	Plan       *faults.Plan
	Limiter    *traffic.Limiter
	Tally      *traffic.Tally
	Log        *traffic.Log
	Arrived    func(traffic.Operation) // told of each request before it is handled; nil: nobody
	Clock      *clock.Clock
	Hooks      *hooks.Hub
	Key        uint64          // signs tokens and makes up ids
	Stop       <-chan struct{} // closed when the server stops: ends planned delays

	TokenLifetime time.Duration
	ClientID      string // empty: any is accepted
	ClientSecret  string // empty: any is accepted
}

// Server answers the vendor's calls.
type Server struct {
	Parts
	tokens  *tokens
	replays *replays
	made    atomic.Uint64 // ids made up
}

// New makes a server.
func New(parts Parts) *Server {
	return &Server{Parts: parts, tokens: newTokens(parts.Key), replays: newReplays()}
}

// ServeHTTP answers sign-in and everything under /v1.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hooks := strings.HasPrefix(r.URL.Path, "/webhooks/v1/")
	if !hooks && !strings.HasPrefix(r.URL.Path, "/v1/") {
		s.signIn(w, r)
		return
	}
	to, customer, id, ok := find(r)
	var stars []string
	if !ok {
		if to, customer, stars, ok = findPath(r); !ok {
			s.noSuchPath(w, r)
			return
		}
	}
	c := s.begin(to.op, r)
	defer c.end()
	if c.id, c.stars = id, stars; len(stars) > 0 {
		c.id = stars[0]
	}
	c.general = hooks || !strings.HasPrefix(r.URL.Path, "/v1/customers/")
	s.lead(w, c, customer, to.handle)
}

// call is one request on its way through the steps.
type call struct {
	op       traffic.Operation
	request  *http.Request
	now      time.Time
	customer world.ID
	id       string   // of the cart, order or subscription that the path names
	stars    []string // what else it names, the first included
	general  bool     // it is about no customer
	body     []byte
	out      []byte
	header   [4]string // MS-RequestId, MS-CorrelationId, MS-CV, MS-ServerId

	arrived  time.Time // now may be later, after a planned delay
	tenant   string
	behave   behaviours.Call
	made     world.Span // what the call did
	code     int        // of the error that is answered; 0: none
	location string     // header of a 202
	retry    string     // header of a 429
	media    []string   // Content-Type when it is no JSON
}

// by is the call as the world is told of it.
func (c *call) by() world.Request {
	return world.Request{ID: c.header[0], Trace: c.header[1], Behave: &c.behave, Made: &c.made}
}

// calls keeps calls with their buffers for the next requests.
var calls = sync.Pool{New: func() any { return new(call) }}

func (s *Server) begin(op traffic.Operation, r *http.Request) *call {
	if s.Arrived != nil && op != traffic.Operations {
		s.Arrived(op)
	}
	c := calls.Get().(*call)
	c.op, c.request, c.now, c.customer = op, r, s.Clock.Now(), world.ID{}
	c.arrived = c.now
	c.body, c.out = c.body[:0], c.out[:0]
	id := s.newID()
	c.header = [4]string{given(r, "Ms-Requestid"), given(r, "Ms-Correlationid"), base64.RawStdEncoding.EncodeToString(id[:12]) + ".0", serverID}
	if c.header[0] == "" {
		c.header[0] = id.String()
	}
	if c.header[1] == "" {
		c.header[1] = s.newID().String()
	}
	return c
}

func (c *call) end() {
	c.request, c.id, c.tenant, c.location = nil, "", "", ""
	c.stars, c.general, c.media, c.retry = nil, false, nil, ""
	c.behave, c.made, c.code = behaviours.Call{}, world.Span{}, 0
	c.header = [4]string{}
	if cap(c.out) <= spareBytes && cap(c.body) <= spareBytes {
		calls.Put(c)
	}
}

func (s *Server) newID() world.ID { return world.NewID(s.Key, s.made.Add(1)) }

func given(r *http.Request, canonical string) string {
	if values := r.Header[canonical]; len(values) > 0 {
		return values[0][:min(len(values[0]), maxEchoed)]
	}
	return ""
}

// lead leads a call through the steps.
func (s *Server) lead(w http.ResponseWriter, c *call, customer string, handle handler) {
	who, known := world.ParseID(customer)
	c.customer, c.behave = who, s.Behaviours.Call(c.op.String(), who)
	bearer, refusal := s.authenticate(c)
	if refusal != nil {
		s.Tally.Arrived(c.now, c.op.Resource(), false)
		s.refuse(w, c, refusal)
		return
	}
	c.tenant = bearer.Tenant
	wait, ok := s.Limiter.Allow(c.now, bearer.Tenant, c.op.Resource())
	s.Tally.Arrived(c.now, c.op.Resource(), !ok)
	if !ok {
		s.throttle(w, c, wait)
		return
	}
	if refusal := c.read(w); refusal != nil {
		s.refuse(w, c, refusal)
		return
	}
	if !known && !c.general {
		s.refuse(w, c, world.ErrCustomerID)
		return
	}
	if refusal := forUsers[c.op]; refusal != nil && bearer.User == "" && s.World.Settings().UserTokens {
		s.refuse(w, c, refusal)
		return
	}
	rule, struck := s.plan(c)
	if struck && s.before(w, c, &rule) {
		return
	}
	status, refusal := s.handle(c, handle)
	s.tell(c)
	if struck && s.after(w, c, &rule) {
		return
	}
	if refusal != nil {
		s.refuse(w, c, refusal)
		return
	}
	s.answer(w, c, status)
}

// read takes in the body.
func (c *call) read(w http.ResponseWriter) *world.Refusal {
	r := c.request
	if r.ContentLength == 0 || r.Method == http.MethodGet {
		return nil
	}
	from := r.Body // ends at its length
	most := int64(maxBody)
	if c.op == traffic.AttachPurchaseOrder {
		most = maxFiles
	}
	if r.ContentLength < 0 || r.ContentLength > most {
		from = http.MaxBytesReader(w, r.Body, most)
	} else if size := int(r.ContentLength); size > cap(c.body) {
		c.body = make([]byte, 0, size)
	}
	for {
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, 0)[:len(c.body)]
		}
		n, err := from.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return world.ErrInvalidInput
		}
	}
}

// answer sends what the operation has written.
func (s *Server) answer(w http.ResponseWriter, c *call, status int) {
	if _, struck := c.behave.Ask(behaviours.ByteOrderMark); struck {
		c.out = append([]byte("\ufeff"), c.out...)
	}
	s.answered(c, status)
	h := w.Header()
	c.head(h)
	if c.location != "" {
		h["Location"] = []string{c.location}
	}
	if c.retry != "" {
		h["Retry-After"] = []string{c.retry}
	}
	h["Content-Type"] = jsonType
	if c.media != nil {
		h["Content-Type"] = c.media
	}
	h["Content-Length"] = []string{strconv.Itoa(len(c.out))}
	w.WriteHeader(status)
	_, _ = w.Write(c.out) // a client that has gone misses its answer
}

var jsonType = []string{"application/json; charset=utf-8"}

// head sets the headers of every answer, spelt as the vendor spells them.
func (c *call) head(h http.Header) {
	values := c.header // the headers outlive the call
	h["MS-RequestId"], h["MS-CorrelationId"] = values[0:1:1], values[1:2:2]
	h["MS-CV"], h["MS-ServerId"] = values[2:3:3], values[3:4:4]
}

func (s *Server) noSuchPath(w http.ResponseWriter, r *http.Request) {
	c := s.begin(traffic.Operations, r)
	defer c.end()
	c.shape1(errNoSuchPath)
	h := w.Header()
	c.head(h)
	h["Content-Type"] = jsonType
	w.WriteHeader(errNoSuchPath.Status)
	_, _ = w.Write(c.out)
}
