// Package journey proves that whole orders travel as they should: through every door, past every person, to the vendor
// and back, with the mails and events that belong to them. Only tests import it.
//
// Model: [Run] is one test over a running Seatflow, known by its addresses alone, so that the same journeys are made
// whatever shape it runs in: all in one process, or a process for each service. It sees what an outsider sees: HTTP,
// NATS as a publisher, mails, metrics, and the ledger of the Partner Center double.
//
// Guarantees: a test waits for the event that tells what it waits for, never for a time. Each journey has a customer of
// its own, so that they may run at once; the demo is played before them.
//
// Failures: a wait that is in vain fails its test with what was waited for and what was heard instead.
package journey

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
	"github.com/seatflow/seatflow/services/seatflow/internal/demo"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// Sources are the publishers that the Seatflow under test must have been set up with: the first publishes, the second
// shows what is none of its business.
var Sources = []string{"erp", "psa"}

// patience is how long a journey waits for what should come within a second. Machines are busy.
const patience = time.Minute

var errPatience = errors.New("journey: waited in vain")

// Addresses is where the Seatflow under test is.
type Addresses struct {
	up.Addresses
	// Processes is the operators' address of each process, by its name; Addresses.Ops is the only one when empty.
	Processes map[string]string `json:"processes"`
}

// Find reads the addresses of the Seatflow that runs on a data folder, in whatever shape.
func Find(data string) (Addresses, error) {
	var a Addresses
	raw, err := os.ReadFile(filepath.Join(data, "run.json"))
	if err != nil {
		return a, err
	}
	err = json.Unmarshal(raw, &a)
	return a, err
}

// world is what all journeys share.
type world struct {
	at     Addresses
	vendor client.Vendor
	nc     *nats.Conn // of the first source
	js     jetstream.JetStream
	tape   *tape
	// john and dana are admins, emily is a technician.
	john, dana, emily *client.Client
}

// Run makes every journey on the Seatflow at these addresses. It must be fresh: the three known customers have not
// ordered yet.
func Run(t *testing.T, at Addresses) {
	w := newWorld(t, at) // and so the tape has the demo too
	t.Run("demo", func(t *testing.T) { playDemo(t, at) })
	if err := w.vendor.SetProvisioningDelay(t.Context(), 0); err != nil {
		t.Fatal(client.Explain(err))
	}
	t.Run("journeys", func(t *testing.T) {
		for name, journey := range map[string]func(*testing.T, *world){
			"placed by HTTP":              placedByHTTP,
			"placed once however often":   placedOnce,
			"four eyes":                   fourEyes,
			"decided once":                decidedOnce,
			"rejected":                    rejected,
			"cancelled":                   cancelled,
			"scheduled":                   scheduled,
			"several lines":               severalLines,
			"unknown to the vendor":       unknownToVendor,
			"published":                   published,
			"published twice":             publishedTwice,
			"published without a name":    publishedWithoutName,
			"bad input by NATS":           badInputByNATS,
			"bad input by HTTP":           badInputByHTTP,
			"requests of the wrong shape": wrongShape,
			"strangers":                   strangers,
			"customers see their own":     customersSeeTheirOwn,
			"roles":                       roles,
			"rights of publishers":        rightsOfPublishers,
			"rights of services":          rightsOfServices,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				journey(t, w)
			})
		}
	})
	t.Run("events read with the CloudEvents SDK", func(t *testing.T) { cloudEvents(t, w) })
	t.Run("nothing bought twice", func(t *testing.T) { nothingTwice(t, w) })
	t.Run("metrics", func(t *testing.T) { metrics(t, w) })
	t.Run("demo again", func(t *testing.T) { playDemo(t, at) })
}

func playDemo(t *testing.T, at Addresses) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 4*patience, errPatience)
	defer cancel()
	if err := demo.Play(ctx, at.Addresses, patience, t.Output()); err != nil {
		t.Fatal(client.Explain(err))
	}
}

func newWorld(t *testing.T, at Addresses) *world {
	t.Helper()
	w := &world{at: at, vendor: client.Vendor(at.Partnersim)}
	w.nc = w.connect(t, Sources[0])
	var err error
	if w.js, err = jetstream.New(w.nc); err != nil {
		t.Fatal(err)
	}
	w.tape = record(t, w.nc, Sources[0])
	w.john = w.person(t, "John Smith", "john.smith@msp.example", "admin", "")
	w.dana = w.person(t, "Dana Reyes", "dana.reyes@msp.example", "admin", "")
	w.emily = w.person(t, "Emily Chen", "emily.chen@msp.example", "technician", "")
	return w
}

// connect signs a user in as any program would, with a stock client and the user's key.
func (w *world) connect(t *testing.T, user string, more ...nats.Option) *nats.Conn {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(keys.File(w.at.Keys, user))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(w.at.NATS, append([]nats.Option{key, nats.CustomInboxPrefix(contract.InboxPrefix(user))}, more...)...)
	if err != nil {
		t.Fatalf("connect to NATS as %s: %v", user, err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// stranger is a customer that the vendor knows and that has never ordered.
func (w *world) stranger(t *testing.T) client.Customer {
	t.Helper()
	c := client.Customer{TenantID: uuid.NewString(), Name: "Journey " + t.Name()[len("Test"):]}
	if len(c.Name) > 100 {
		c.Name = c.Name[:100]
	}
	if err := w.vendor.AddCustomer(t.Context(), c.TenantID, c.Name); err != nil {
		t.Fatal(client.Explain(err))
	}
	return c
}

// regular is a customer whose first order was granted, so that small orders need nobody's approval.
func (w *world) regular(t *testing.T) client.Customer {
	t.Helper()
	c := w.stranger(t)
	first := w.place(t, w.john, c, basic(1))
	w.until(t, first.ID, "awaiting_approval")
	if _, err := w.dana.Approve(t.Context(), first.ID, ""); err != nil {
		t.Fatal(client.Explain(err))
	}
	return c
}

// place places an order that must be taken.
func (w *world) place(t *testing.T, as *client.Client, c client.Customer, lines ...client.NewLine) client.Order {
	t.Helper()
	o, err := as.Place(t.Context(), client.NewOrder{Customer: c, Lines: lines}, "")
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	return o
}

// until waits for the event that brings an order to a status, and reads the order as it stands then.
func (w *world) until(t *testing.T, id, status string) client.Order {
	t.Helper()
	h := w.tape.await(t, "order "+id+" to be "+status, func(h heard) bool { return h.order == id && h.status() == status })
	o, err := w.john.Get(t.Context(), id, h.position())
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	return o
}

// completed waits until an order has come to its good end.
func (w *world) completed(t *testing.T, id string) client.Order {
	t.Helper()
	o := w.until(t, id, "completed")
	if o.Status != "completed" || o.FinishedAt == nil {
		t.Fatalf("the event says completed; the portal says %s, finished at %v", o.Status, o.FinishedAt)
	}
	return o
}

func nothingTwice(t *testing.T, w *world) {
	doubles, err := w.vendor.Doubles(t.Context())
	if err != nil || doubles != 0 {
		t.Errorf("bought twice: %d, %v", doubles, err)
	}
}
