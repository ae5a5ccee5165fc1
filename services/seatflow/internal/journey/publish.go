package journey

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/partnersim/seed"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// order is an order as a publisher writes it.
func order(c client.Customer, seats int32) *orderv1.NewOrder {
	return &orderv1.NewOrder{
		Customer: &orderv1.Customer{TenantId: c.TenantID, Name: c.Name},
		Lines: []*orderv1.Line{{
			Product: "Microsoft 365 Business Basic", CatalogItem: seed.Microsoft365BusinessBasic,
			UnitPrice: &orderv1.Money{Amount: "72.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: seats, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
		Reference: "ERP-4711",
	}
}

const (
	asProtobuf = "application/protobuf"
	asJSON     = "application/json"
)

// encode writes an order as the content type says.
func encode(t *testing.T, o *orderv1.NewOrder, contentType string) []byte {
	t.Helper()
	marshal := proto.Marshal
	if contentType == asJSON {
		marshal = protojson.Marshal
	}
	data, err := marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// publish puts a message into the first source's inbox, as a stock client does, and returns its sequence there.
func (w *world) publish(t *testing.T, header nats.Header, data []byte) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
	defer cancel()
	ack, err := w.js.PublishMsg(ctx, &nats.Msg{Subject: contract.InboxSubject(Sources[0]), Header: header, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

// named is the headers of an order that names itself.
func named(key, contentType string) nats.Header {
	return nats.Header{"ce-id": {key}, "content-type": {contentType}}
}

// verdict waits for the word on the message with this sequence in the inbox.
func (w *world) verdict(t *testing.T, sequence uint64) *eventv1.Verdict {
	t.Helper()
	var found eventv1.Verdict
	w.tape.await(t, "a verdict", func(h heard) bool {
		if h.head.Type != contract.VerdictType {
			return false
		}
		v := new(eventv1.Verdict)
		if err := proto.Unmarshal(h.data, v); err != nil || v.GetInboxSequence() != sequence {
			return false
		}
		proto.Merge(&found, v)
		return true
	})
	return &found
}

// send publishes and waits for the verdict.
func (w *world) send(t *testing.T, header nats.Header, data []byte) *eventv1.Verdict {
	t.Helper()
	return w.verdict(t, w.publish(t, header, data))
}

// published follows an order of another system, in both encodings.
func published(t *testing.T, w *world) {
	c := w.regular(t)
	for _, contentType := range []string{asProtobuf, asJSON, "Application/JSON; charset=utf-8", ""} {
		key := uuid.NewString()
		header := named(key, contentType)
		encoding := contentType
		switch contentType {
		case "": // read by its first byte, and named by the broker's own header
			header, encoding = nats.Header{nats.MsgIdHdr: {key}}, asJSON
		case asProtobuf, asJSON:
		default:
			encoding = asJSON
		}
		o := order(c, 2)
		o.Requester = &orderv1.Person{Name: "Pat Buyer", Email: "pat@customer.example"}
		v := w.send(t, header, encode(t, o, encoding))
		if v.GetResult() != eventv1.Result_RESULT_ACCEPTED || v.GetOrderNumber() == "" || v.GetKey() != key || v.GetSource() != Sources[0] {
			t.Fatalf("%q: the verdict: %v", contentType, v)
		}
		done := w.completed(t, v.GetOrderId())
		if done.Number != v.GetOrderNumber() || done.Source != Sources[0] || done.CreatedBy.Role != "system" ||
			done.OnBehalfOf == nil || done.OnBehalfOf.Email != "pat@customer.example" || done.Reference != "ERP-4711" {
			t.Errorf("%q: %+v", contentType, done)
		}
	}
}

// publishedTwice repeats an order: the same is a duplicate that names the first, another under its name is refused.
func publishedTwice(t *testing.T, w *world) {
	c := w.regular(t)
	key := uuid.NewString()
	first := w.send(t, named(key, asProtobuf), encode(t, order(c, 1), asProtobuf))
	if first.GetResult() != eventv1.Result_RESULT_ACCEPTED {
		t.Fatalf("the first: %v", first)
	}
	for _, contentType := range []string{asProtobuf, asJSON} { // what was meant counts, not its bytes
		again := w.send(t, named(key, contentType), encode(t, order(c, 1), contentType))
		if again.GetResult() != eventv1.Result_RESULT_DUPLICATE || again.GetOrderId() != first.GetOrderId() || again.GetOrderNumber() != first.GetOrderNumber() {
			t.Errorf("again as %s: %v", contentType, again)
		}
	}
	other := w.send(t, named(key, asProtobuf), encode(t, order(c, 2), asProtobuf))
	if other.GetResult() != eventv1.Result_RESULT_REFUSED || other.GetAcceptedFingerprint() != first.GetFingerprint() ||
		other.GetFingerprint() == first.GetFingerprint() || len(other.GetFaults()) != 1 {
		t.Errorf("another order under the same name: %v", other)
	}
	done := w.completed(t, first.GetOrderId())
	bought, err := w.vendor.Ledger(t.Context(), map[string]string{"order_id": done.Lines[0].VendorOrderID})
	if err != nil || len(bought) != 1 || bought[0].After != 1 {
		t.Errorf("the vendor's ledger: %+v, %v", bought, err)
	}
}

// publishedWithoutName is refused: a repeat of it could not be told from another order.
func publishedWithoutName(t *testing.T, w *world) {
	v := w.send(t, nats.Header{"content-type": {asProtobuf}}, encode(t, order(w.stranger(t), 1), asProtobuf))
	if v.GetResult() != eventv1.Result_RESULT_REFUSED || len(v.GetFaults()) != 1 || v.GetFaults()[0].GetField() != "ce-id" || v.GetFaults()[0].GetHint() == "" {
		t.Errorf("the verdict: %v", v)
	}
}
