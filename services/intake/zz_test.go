package intake_test

import (
	"fmt"
	"os"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

func TestZZ(t *testing.T) {
	w := start(t)
	const n = 20000
	w.verdicts.SetPendingLimits(-1, -1)
	w.events.SetPendingLimits(-1, -1)
	data, _ := proto.Marshal(order(3))
	f, _ := os.Create("/tmp/intake.prof")
	pprof.StartCPUProfile(f)
	t0 := time.Now()
	go func() {
		for i := range n {
			m := &nats.Msg{Subject: contract.InboxSubject("erp"), Header: nats.Header{"ce-id": {fmt.Sprint("p", i)}, "Content-Type": {"application/protobuf"}}, Data: data}
			w.js.PublishMsgAsync(m)
			if i%500 == 0 {
				<-w.js.PublishAsyncComplete()
			}
		}
	}()
	ids := make([]string, 0, n)
	for range n {
		v := new(eventv1.Verdict)
		w.next(w.verdicts, v)
		ids = append(ids, v.GetOrderId())
	}
	d := time.Since(t0)
	fmt.Println("place", float64(n)/d.Seconds())
	stat := func() {
		fs, _ := w.registry.Gather()
		for _, f := range fs {
			switch f.GetName() {
			case "seatflow_engine_batch_inputs", "seatflow_engine_batch_seconds":
				h := f.GetMetric()[0].GetHistogram()
				fmt.Println(f.GetName(), h.GetSampleCount(), h.GetSampleSum(), h.GetSampleSum()/float64(h.GetSampleCount()))
			case "seatflow_engine_reruns_total":
				fmt.Println(f.GetMetric())
			}
		}
	}
	stat()
	t0 = time.Now()
	view := &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING, Sentence: "x", Lines: []*orderv1.LineView{{Number: 1}}}
	gb, _ := proto.Marshal(&eventv1.ApprovalGranted{View: view, Fingerprint: "x", Order: &orderv1.Order{
			Id: ids[0], Number: "ORD-2026-00001", Customer: order(1).Customer, Lines: order(1).Lines, Requester: &orderv1.Person{Name: "erp"}, }})
	done := &orderv1.View{Status: orderv1.Status_STATUS_COMPLETED, Sentence: "x", Lines: []*orderv1.LineView{{Number: 1}}}
	fb, _ := proto.Marshal(&eventv1.ProvisioningFinished{View: done})
	nb := func(id string) []byte {
		b, _ := proto.Marshal(&eventv1.NotificationSent{Delivery: &eventv1.Delivery{Id: "d", OrderId: id, Channel: "email", Recipient: "a@b.c"}})
		return b
	}
	pub := func(ev contract.Event, id string, seq int64, b []byte) {
		h := bus.Head{ID: id + "." + string(ev.Owner) + ev.Type, Source: string(ev.Owner), Type: ev.Type, Subject: id, Sequence: seq, Time: time.Now()}
		w.js.PublishMsgAsync(&nats.Msg{Subject: ev.Subject, Header: h.Header(), Data: b})
	}
	for i, id := range ids {
		pub(contract.ApprovalGranted, id, 1, gb)
		pub(contract.ProvisioningFinished, id, 1, fb)
		pub(contract.NotificationSent, id, 0, nb(id))
		if i%300 == 0 {
			<-w.js.PublishAsyncComplete()
		}
	}
	if b, err := w.get(emily, ids[n-1], "fulfillment", 1); err != nil || b == nil {
		t.Fatal(err)
	}
	for {
		b, err := w.get(emily, ids[n-1], "fulfillment", 1)
		if err != nil {
			t.Fatal(err)
		}
		if b.GetOwner() == "fulfillment" {
			break
		}
	}
	d = time.Since(t0)
	fmt.Println("book events/s", 3*float64(n)/d.Seconds())
	stat()
	pprof.StopCPUProfile()
	f.Close()
}
