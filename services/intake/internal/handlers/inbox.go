package handlers

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"github.com/google/uuid"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// inboxScope is what inbox keys are keys of.
const inboxScope = "inbox"

// mostKey is the longest name that an order may give itself.
const mostKey = 255

// arrival is an inbox order as it was decoded, once. It is read by every run of its
// decision and never changed.
type arrival struct {
	source, key string
	sequence    uint64
	// asked is meaningless when faults says why there is no order.
	asked  domain.Asked
	door   domain.Door
	faults []fault.Violation
}

// inboxDecoder decodes and checks, outside of any decision.
func inboxDecoder(v protovalidate.Validator) func(engine.Message) (any, []engine.Ref, *engine.Key) {
	return func(m engine.Message) (any, []engine.Ref, *engine.Key) {
		a := &arrival{sequence: m.Sequence}
		a.source, _ = contract.InboxSource(m.Subject)
		a.key = ownKey(m.Header)
		if f := badKey(a.key); f != nil {
			a.key = ""
			a.faults = append(a.faults, *f)
		}
		order, f := decodeOrder(header(m.Header, "Content-Type"), m.Data)
		if f != nil {
			a.faults = append(a.faults, *f)
		}
		if len(a.faults) > 0 {
			return a, nil, nil
		}
		a.asked = domain.Check(order, schemaFaults(v, order))
		a.door = domain.Door{
			Requester:  &orderv1.Person{Issuer: "nats", Subject: a.source, Name: a.source, Role: orderv1.Role_ROLE_SYSTEM},
			OnBehalfOf: domain.Named(order.GetRequester(), true),
			Source:     a.source,
		}
		key := &engine.Key{Caller: a.source, Scope: inboxScope, Value: a.key, Fingerprint: a.asked.Fingerprint[:], Permanent: true}
		if len(a.asked.Faults) > 0 {
			return a, nil, key
		}
		return a, placeRefs(newOrderID()), key
	}
}

// newOrderID makes an order's id before anything is decided. It sorts by time.
func newOrderID() string { return uuid.Must(uuid.NewV7()).String() }

// placeRefs are what placing an order touches. Its first timeline entry is no row of its
// own: the order record says it all, see submittedEntry.
func placeRefs(id string) []engine.Ref { return []engine.Ref{{Kind: store.OrderKind, ID: id}} }

// ownKey is how the publisher names the order: ce-id, else Nats-Msg-Id.
func ownKey(h map[string][]string) string {
	id := header(h, "ce-id")
	if id == "" {
		return header(h, "Nats-Msg-Id")
	}
	// CloudEvents writes what a header cannot hold with percent signs.
	if strings.Contains(id, "%") {
		if plain, err := url.PathUnescape(id); err == nil {
			return plain
		}
	}
	return id
}

// header is the first value of a header, however its name is spelled.
func header(h map[string][]string, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	for k, v := range h {
		if len(v) > 0 && strings.EqualFold(k, name) {
			return v[0]
		}
	}
	return ""
}

func badKey(key string) *fault.Violation {
	var code, message string
	switch {
	case key == "":
		code, message = "no_key", "The message has neither the header ce-id nor Nats-Msg-Id."
	case len(key) > mostKey:
		code, message = "key_too_long", fmt.Sprintf("The order's id has more than %d bytes.", mostKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }):
		code, message = "malformed_key", "The order's id has characters that do not print."
	default:
		return nil
	}
	return &fault.Violation{Field: "ce-id", Code: code, Message: message, Hint: "Give each order an id of your own, the same when you send it again."}
}

// arrived decides one inbox order and says what became of it.
func (s *Service) arrived(t *engine.Turn) error {
	a := t.Body.(*arrival)
	if a.source == "" {
		return fault.New(fault.Invalid, "not_an_inbox", "The message came by a subject that is no inbox.").In("intake.arrived")
	}
	v := &eventv1.Verdict{Source: a.source, Key: a.key, InboxSequence: a.sequence}
	switch prior, used := t.Prior(); {
	case len(a.faults) > 0:
		refuse(v, a.faults)
	case used:
		s.repeated(a, prior, v)
	default:
		v.Fingerprint = domain.Hex(a.asked.Fingerprint[:])
		if err := s.firstTime(t, a, v); err != nil {
			return err
		}
	}
	t.Note(verdictID(a), contract.VerdictSubject(a.source), contract.VerdictType, v.GetOrderId(), v)
	t.After(func() { s.Metrics.verdict(v.GetResult()) })
	return nil
}

// firstTime places the order, or refuses it. A refused order does not use up its key.
func (s *Service) firstTime(t *engine.Turn, a *arrival, v *eventv1.Verdict) error {
	if faults := a.asked.Refusals(t.Now); len(faults) > 0 {
		refuse(v, faults)
		return nil
	}
	o, err := place(t, a.asked, a.door)
	if err != nil {
		return err
	}
	t.UseKey(placedRef(o), a.sequence)
	v.Result, v.OrderId, v.OrderNumber = eventv1.Result_RESULT_ACCEPTED, o.GetId(), o.GetNumber()
	return nil
}

// repeated judges an order whose key was accepted before: the same message repeats its
// verdict, the same content sent anew is a duplicate, other content is refused.
func (s *Service) repeated(a *arrival, prior engine.KeyRecord, v *eventv1.Verdict) {
	v.Fingerprint = domain.Hex(a.asked.Fingerprint[:])
	if string(prior.Fingerprint) != string(a.asked.Fingerprint[:]) {
		v.AcceptedFingerprint = domain.Hex(prior.Fingerprint)
		refuse(v, []fault.Violation{{
			Field: "ce-id", Code: "key_reused", Message: "Another order was accepted under this id before.",
			Hint: "Give a new order a new id; to change an accepted order, cancel it and place a new one.",
		}})
		return
	}
	v.OrderId, v.OrderNumber, _ = strings.Cut(prior.Ref, " ")
	v.Result = eventv1.Result_RESULT_DUPLICATE
	if prior.Sequence == a.sequence {
		v.Result = eventv1.Result_RESULT_ACCEPTED
	}
}

// placedRef is what a used key stands for: the order's id and its number, so that a repeat
// can name both without loading the order.
func placedRef(o *orderv1.Order) string { return o.GetId() + " " + o.GetNumber() }

func refuse(v *eventv1.Verdict, faults []fault.Violation) {
	v.Result = eventv1.Result_RESULT_REFUSED
	v.Faults = make([]*eventv1.Fault, len(faults))
	for i, f := range faults {
		v.Faults[i] = &eventv1.Fault{Code: f.Code, Field: f.Field, Message: f.Message, Hint: f.Hint}
	}
}

// verdictID is the verdict's own id, the same whenever the message comes. The parts
// cannot run into each other: a key's points are escaped.
func verdictID(a *arrival) string {
	return a.source + "." + escape(a.key) + "." + strconv.FormatUint(a.sequence, 10)
}

// escape writes everything but letters, digits, dash and underscore as ~XX.
func escape(s string) string {
	safe := func(c byte) bool {
		return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	var b strings.Builder
	for i := range len(s) {
		if safe(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "~%02X", s[i])
		}
	}
	return b.String()
}
