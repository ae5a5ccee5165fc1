package journey

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/event/datacodec"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
)

// natsMessage makes a NATS message in binary mode readable by the CloudEvents SDK, the way any outsider would write it:
// the SDK's core knows the attributes, NATS' headers carry them.
type natsMessage struct {
	header nats.Header
	data   []byte
}

const cePrefix = "ce-"

var versions = spec.WithPrefix(cePrefix)

func (m natsMessage) version() spec.Version {
	return versions.Version(m.first(versions.PrefixedSpecVersionName()))
}

func (m natsMessage) first(name string) string {
	if v := m.header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// ReadEncoding says binary if there is a version that the SDK knows.
func (m natsMessage) ReadEncoding() binding.Encoding {
	if m.version() == nil {
		return binding.EncodingUnknown
	}
	return binding.EncodingBinary
}

// ReadStructured refuses: these messages are not structured.
func (m natsMessage) ReadStructured(context.Context, binding.StructuredWriter) error {
	return binding.ErrNotStructured
}

// ReadBinary hands the headers and the data to the SDK.
func (m natsMessage) ReadBinary(_ context.Context, w binding.BinaryWriter) error {
	v := m.version()
	for name, values := range m.header {
		value, err := url.PathUnescape(values[0])
		if err != nil {
			return err
		}
		switch {
		case name == "content-type":
			err = w.SetAttribute(v.AttributeFromKind(spec.DataContentType), value)
		case !strings.HasPrefix(name, cePrefix):
			continue
		case v.Attribute(name) != nil:
			err = w.SetAttribute(v.Attribute(name), value)
		default:
			err = w.SetExtension(strings.TrimPrefix(name, cePrefix), value)
		}
		if err != nil {
			return err
		}
	}
	return w.SetData(bytes.NewReader(m.data))
}

// GetAttribute reads one attribute of the specification.
func (m natsMessage) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	a := m.version().AttributeFromKind(kind)
	if a == nil || m.first(a.PrefixedName()) == "" {
		return a, nil
	}
	return a, m.first(a.PrefixedName())
}

// GetExtension reads one attribute of our own.
func (m natsMessage) GetExtension(name string) any { return m.first(cePrefix + name) }

// Finish has nothing to settle.
func (m natsMessage) Finish(error) error { return nil }

// teachProtobuf lets the SDK decode our payloads with DataAs.
var teachProtobuf = sync.OnceFunc(func() {
	datacodec.AddDecoder(asProtobuf, func(_ context.Context, in []byte, out any) error {
		m, ok := out.(proto.Message)
		if !ok {
			return fmt.Errorf("%T is no protobuf message", out)
		}
		return proto.Unmarshal(in, m)
	})
})

// cloudEvents reads everything that a publisher has heard since before the demo with the SDK.
func cloudEvents(t *testing.T, w *world) {
	teachProtobuf()
	next := map[string]int64{} // by order and owner
	types := map[string]int{}
	for _, h := range w.tape.events() {
		e, err := binding.ToEvent(t.Context(), natsMessage{h.header, h.data})
		if err != nil {
			t.Fatalf("%s: %v", h.subject, err)
		}
		types[e.Type()]++
		checkEvent(t, h, e)
		sequence, numbered := e.Extensions()["sequence"].(string)
		if !numbered {
			continue
		}
		n, err := strconv.ParseInt(sequence, 10, 64)
		who := e.Subject() + "." + e.Source()
		if err != nil || n > next[who]+1 || len(sequence) != len(padded) {
			t.Errorf("%s: sequence %q after %d", who, sequence, next[who])
		}
		next[who] = max(next[who], n) // a repeat is allowed, a gap is not
		if want := who + "." + strconv.FormatInt(n, 10); e.ID() != want {
			t.Errorf("the id %s, want %s", e.ID(), want)
		}
	}
	for _, want := range []contract.Event{
		contract.OrderSubmitted, contract.ApprovalRequested, contract.ApprovalGranted, contract.ApprovalRejected, contract.ApprovalWithdrawn,
		contract.ProvisioningScheduled, contract.ProvisioningFinished, contract.ProvisioningFailed, contract.ProvisioningCancelled, contract.NotificationSent,
	} {
		if types[want.Type] == 0 {
			t.Errorf("no %s among %v", want.Type, types)
		}
	}
}

// padded is as long as every sequence.
const padded = "0000000001"

// checkEvent reads one event as an outsider would.
func checkEvent(t *testing.T, h heard, e *event.Event) {
	t.Helper()
	if err := e.Validate(); err != nil {
		t.Errorf("%s: %v", h.subject, err)
	}
	known, ok := contract.EventAt(h.subject)
	if !ok || known.Type != e.Type() || string(known.Owner) != e.Source() || e.DataContentType() != asProtobuf ||
		h.header.Get(nats.MsgIdHdr) != e.ID() || e.Time().IsZero() || time.Since(e.Time()) > time.Hour {
		t.Errorf("%s: %v", h.subject, e)
		return
	}
	payload := known.New()
	if err := e.DataAs(payload); err != nil {
		t.Errorf("%s: %v", e.ID(), err)
		return
	}
	if err := protovalidate.Validate(payload); err != nil {
		t.Errorf("%s: %v", e.ID(), err)
	}
	if unknown := payload.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("%s: %d bytes that the schema does not know", e.ID(), len(unknown))
	}
}
