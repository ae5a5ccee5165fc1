package domain

import (
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Upload is a purchase order of the customer on its way to the vendor. The vendor may attach one twice if it is sent twice, so
// it is sent once; if no answer comes, the list of attachments tells whether it has arrived, and if it has not, a person
// uploads it again. The file is in the call only.
type Upload struct {
	VendorOrder string `json:"o,omitempty"`
	Name        string `json:"n,omitempty"`
	Track       Track  `json:"t,omitzero"`
}

// File is a purchase order as it is uploaded.
type File struct {
	Name string `json:"n,omitempty"`
	// Content is in base64.
	Content string `json:"c,omitempty"`
	// Price is a decimal in Currency: what the customer pays. Rate turns it into the partner's currency, and may be empty.
	Price    string `json:"p,omitempty"`
	Currency string `json:"y,omitempty"`
	Rate     string `json:"x,omitempty"`
	// Tender says that the purchase is part of one, which Link shows.
	Tender bool   `json:"t,omitempty"`
	Link   string `json:"l,omitempty"`
}

// Attached answers StepUpload and StepUploaded.
type Attached struct {
	Answer
	// Names are the vendor's order's attachments.
	Names []string
}

func (u *Upload) body() Body { return Body{Order: u.VendorOrder} }

// Attach sends the customer's purchase order to the vendor's order that waits for it.
func Attach(o *Order, by Person, f File, now time.Time) (Decision, error) {
	if o.Upload != nil {
		return Decision{}, fault.New(fault.Conflict, "upload_under_way",
			"A purchase order is being uploaded already.").Hinted("Wait until Microsoft has it.")
	}
	id := o.wantsPurchaseOrder()
	if id == "" {
		return Decision{}, fault.New(fault.Conflict, "no_purchase_order_wanted",
			"Microsoft does not ask for a purchase order for this order.")
	}
	w := begin(o, now)
	w.d.By = by
	w.o.Upload = &Upload{VendorOrder: id, Name: f.Name}
	w.tellUpload(Trouble{
		Code: purchaseOrderSent, Owner: OwnerPartner, Detail: "The customer's purchase order is being sent to Partner Center…",
	})
	w.plan(&w.o.Upload.Track, StepUpload, 0, Body{Order: id, File: &f})
	return w.end(), nil
}

// wantsPurchaseOrder is the vendor's order that waits for a purchase order; empty if none does.
func (o *Order) wantsPurchaseOrder() string {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Waiting && l.Trouble.Code == purchaseOrderNeeded {
			return l.VendorOrder
		}
	}
	return ""
}

// tellUpload says on the lines that wait for the purchase order what has become of it.
func (w *work) tellUpload(why Trouble) {
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.VendorOrder == w.o.Upload.VendorOrder && !l.Status.Settled() {
			l.Waiting, l.Trouble = true, why
		}
	}
}

// Uploaded decides on the answer to StepUpload and StepUploaded.
func Uploaded(o *Order, c Outcome, a Attached, now time.Time) Decision {
	if o.Upload == nil || o.Upload.Track.Call != c.ID {
		return unchanged(c)
	}
	w := begin(o, now)
	u := w.o.Upload
	t := &u.Track
	sent := t.Step == StepUpload
	if !sent && c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	switch {
	case sent && a.Verdict == Done, !sent && a.Verdict == Done && slices.Contains(a.Names, u.Name):
		w.uploaded(reviews["po_upload_complete"])
	case sent && a.Verdict == Unknown:
		w.unanswered(t, c, a.Answered)
		w.notBefore(t, StepUploaded, t.SettledAt, u.body())
	case sent:
		w.uploaded(uploadAgain(a.Trouble.Detail, a.Trouble.Hint))
	case a.Verdict == Done:
		w.uploaded(uploadAgain("The customer's purchase order did not reach Partner Center.", ""))
	case t.Tries >= maxTries:
		w.uploaded(uploadAgain("Seatflow cannot tell whether Partner Center has the customer's purchase order. "+a.Trouble.Detail,
			"Look at the order's attachments in Partner Center first."))
	default:
		w.repeat(t, StepUploaded, a.Wait, u.body())
	}
	return w.end()
}

// uploaded ends the upload, and has the vendor's order looked at soon.
func (w *work) uploaded(why Trouble) {
	w.tellUpload(why)
	id := w.o.Upload.VendorOrder
	w.close(&w.o.Upload.Track)
	w.o.Upload = nil
	for i := range w.o.Polls {
		if p := &w.o.Polls[i]; p.VendorOrder == id && why.Code != purchaseOrderNeeded {
			w.supersede(&p.Track)
			w.later(&p.Track, StepPoll, pause(polls, 1), w.pollBody(id, &p.Track))
		}
	}
}

// uploadAgain asks a person for the purchase order once more.
func uploadAgain(detail, hint string) Trouble {
	t := reviews["pending_po_upload"]
	t.Detail, t.Hint = detail, strings.TrimSpace(hint+" "+t.Hint)
	return t
}
