package storm

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// happened is one event of an order, from the stream.
type happened struct {
	head bus.Head
	body []byte
}

// checkStream compares stream and journals, and returns what the stream has by order.
func (r *run) checkStream(ctx context.Context) (map[string][]happened, error) {
	nc, js, err := r.admins(ctx)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	found, repeats, err := r.readStream(ctx, js)
	if err != nil {
		return nil, err
	}
	journalled := map[string][]byte{}
	for _, s := range contract.EngineServices {
		rows, err := r.store.Journal(ctx, string(s))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			// A verdict is told again when its message is delivered again; nothing else is.
			if before, twice := journalled[row.ID]; twice && (row.Type != contract.VerdictType || !bytes.Equal(before, row.Body)) {
				r.note.find(checkJournal, "%s (%s) stands twice in the journal of %s", row.ID, row.Type, s)
			}
			journalled[row.ID] = row.Body
			switch e, in := found[row.ID]; {
			case !in:
				r.note.find(checkJournal, "%s of %s (%s) is not in the stream", row.ID, s, row.Type)
			case !bytes.Equal(e.body, row.Body) || e.head.Type != row.Type || e.head.Sequence != row.Sequence:
				r.note.find(checkJournal, "%s of %s (%s) is another one in the stream", row.ID, s, row.Type)
			}
		}
	}
	story := map[string][]happened{}
	for id, e := range found {
		if _, decided := journalled[id]; !decided {
			r.note.find(checkJournal, "%s (%s) is in the stream and in no journal", id, e.head.Type)
		}
		story[e.head.Subject] = append(story[e.head.Subject], e)
	}
	r.note.fact("%d events journalled, %d in the stream, %d repeats among them", len(journalled), len(found)+repeats, repeats)
	r.checkVerdictsOf(found)
	return story, nil
}

// readStream reads every message of the event stream, by id.
func (r *run) readStream(ctx context.Context, js jetstream.JetStream) (found map[string]happened, repeats int, err error) {
	stream, err := js.Stream(ctx, contract.EventStream.Name)
	if err != nil {
		return nil, 0, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, 0, err
	}
	found = map[string]happened{}
	if info.State.Msgs == 0 {
		return found, 0, nil
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, 0, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, 0, err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, 0, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, 0, err
		}
		e := happened{bus.ParseHead(m.Headers()), bytes.Clone(m.Data())}
		if before, twice := found[e.head.ID]; twice {
			repeats++
			if !bytes.Equal(before.body, e.body) {
				r.note.find(checkJournal, "%s was published with two contents", e.head.ID)
			}
		}
		found[e.head.ID] = e
		if meta.Sequence.Stream >= info.State.LastSeq {
			return found, repeats, nil
		}
	}
}

// checkVerdictsOf looks whether all verdicts on one key name one order.
func (r *run) checkVerdictsOf(found map[string]happened) {
	order, accepted := map[string]string{}, map[string]int{}
	for id, e := range found {
		if e.head.Type != contract.VerdictType {
			continue
		}
		v := new(eventv1.Verdict)
		if err := proto.Unmarshal(e.body, v); err != nil {
			r.note.find(checkVerdicts, "%s cannot be read: %v", id, err)
			continue
		}
		if v.GetResult() == eventv1.Result_RESULT_REFUSED {
			continue
		}
		if v.GetResult() == eventv1.Result_RESULT_ACCEPTED {
			accepted[v.GetKey()]++
		}
		if before := order[v.GetKey()]; before != "" && before != v.GetOrderId() {
			r.note.find(checkVerdicts, "%s is %s and %s", v.GetKey(), before, v.GetOrderId())
		}
		order[v.GetKey()] = v.GetOrderId()
	}
	for key := range order {
		if accepted[key] != 1 {
			r.note.find(checkVerdicts, "%s was accepted %d times", key, accepted[key])
		}
	}
	for _, p := range r.load.all() {
		if p.door == inbox && p.id != "" && order[p.key] != p.id {
			r.note.find(checkVerdicts, "%s was told %s; the stream says %q", p.key, p.id, order[p.key])
		}
	}
}

// checkStories looks at each order's events: no gap, and nothing decided twice.
func (r *run) checkStories(orders map[string]*placed, story map[string][]happened) {
	for _, p := range orders {
		if p.id == "" {
			continue
		}
		last, count, kinds := map[string]int64{}, map[string]int64{}, map[string]int{}
		for _, e := range story[p.id] {
			kinds[short(e.head.Type)]++
			if e.head.Sequence > 0 {
				count[e.head.Source]++
				last[e.head.Source] = max(last[e.head.Source], e.head.Sequence)
			}
		}
		for owner, n := range count {
			if last[owner] != n {
				r.note.find(checkStory, "%s (%s): %s has told %d events and the last is number %d", p.key, p.id, owner, n, last[owner])
			}
		}
		if kinds["order.submitted"] != 1 || kinds["approval.granted"]+kinds["approval.rejected"] != 1 || kinds["approval.requested"] > 1 ||
			kinds["provisioning.finished"] > 1 {
			r.note.find(checkStory, "%s (%s): %v", p.key, p.id, kinds)
		}
	}
}

// short is an event's type without what all have: "approval.granted".
func short(eventType string) string {
	return strings.TrimSuffix(strings.TrimPrefix(eventType, "seatflow."), ".v1")
}

// mails are owed by an event.
func owed(p *placed, events []happened) map[string]bool {
	due := map[string]bool{}
	for _, e := range events {
		switch short(e.head.Type) {
		case "approval.requested":
			for _, a := range admins {
				due["approval_needed "+a] = true
			}
		case "provisioning.failed":
			for _, a := range admins {
				due["order_failed "+a] = true
			}
		case "provisioning.finished":
			due["order_completed "+p.mail] = p.mail != ""
		case "approval.rejected":
			due["order_rejected "+p.mail] = p.mail != ""
		}
	}
	for k, really := range due {
		if !really {
			delete(due, k)
		}
	}
	return due
}

// checkMails compares the mails owed with the deliveries and with what the mail server took.
func (r *run) checkMails(ctx context.Context, orders map[string]*placed, story map[string][]happened) error {
	caught, err := r.caught(ctx)
	if err != nil {
		return err
	}
	sent := 0
	for _, p := range orders {
		if p.id == "" {
			continue
		}
		deliveries, err := r.admin.deliveries(ctx, p.id)
		if err != nil {
			return err
		}
		due := owed(p, story[p.id])
		for _, d := range deliveries {
			what := d.Kind + " " + d.Recipient
			switch {
			case d.Status != "sent":
				r.note.find(checkMails, "%s: %s is %s %s", p.key, what, d.Status, d.Error)
			case caught[d.ID] == 0:
				r.note.find(checkMails, "%s: %s is said to be sent and was never taken", p.key, what)
			case !due[what]:
				r.note.find(checkMails, "%s: %s was not owed, or sent before", p.key, what)
			}
			sent += caught[d.ID]
			delete(due, what)
		}
		for what := range due {
			r.note.find(checkMails, "%s: %s has no delivery", p.key, what)
		}
	}
	total := 0
	for _, n := range caught {
		total += n
	}
	r.note.fact("%d mails taken, %d of them repeats", total, total-len(caught))
	if total > sent {
		r.note.find(checkMails, "%d mails were taken that no delivery says", total-sent)
	}
	return nil
}

// caught counts the mails that the mail server took, by the delivery in their Message-ID.
func (r *run) caught(ctx context.Context) (map[string]int, error) {
	var out struct {
		Messages []struct {
			MessageID string    `json:"message_id"`
			Received  time.Time `json:"received_at"`
		} `json:"messages"`
	}
	if err := newSite(r.at.Mail, "").Ask(ctx, "GET", "/api/messages?limit=1000000", "", nil, &out); err != nil {
		return nil, err
	}
	caught := map[string]int{}
	for _, m := range out.Messages {
		id, _, _ := strings.Cut(m.MessageID, "@")
		caught[id]++
	}
	return caught, nil
}
