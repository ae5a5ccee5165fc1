package world

import "time"

// Attachment is a file that came with a purchase order.
type Attachment struct {
	ID      ID
	Name    string
	Tender  bool
	Content []byte

	group int
}

// Attach adds the files of a purchase order to an order that waits for one, and lets it go on. While the vendor looks at the
// first ones, more can come; that is why a repeat attaches twice. The files get their ids.
func (w *World) Attach(now time.Time, customerID ID, id string, files []Attachment, by Request) ([]Attachment, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, refusal
	}
	p, group := w.findOrder(c, id)
	if p == nil {
		return nil, ErrOrderNotFound
	}
	f := p.fate(group)
	if f == nil || f.waiting(now) == nil {
		return nil, ErrOrderNotWaiting
	}
	switch f.waiting(now).status {
	case OrderPendingPO:
		if refusal := w.uploaded(now, p, group, by); refusal != nil {
			return nil, refusal
		}
	case OrderPOUploaded:
	default:
		return nil, ErrOrderNotWaiting
	}
	for n := range files {
		files[n].ID, files[n].group = w.ids.guid(kindAttachment, p.number*linesPerOrder+uint64(len(p.papers))), group
		p.papers = append(p.papers, files[n])
	}
	w.ledger.add(Effect{
		At: now, Kind: EffectAttachment, Customer: c.ID, Cart: w.cartID(p), Order: id, After: int64(len(files)),
		Status: f.status(now), FriendlyName: files[0].Name,
	}, by)
	return files, nil
}

// Attachments lists the files of an order, oldest first. Their content must not be changed.
func (w *World) Attachments(customerID ID, id string) ([]Attachment, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, refusal
	}
	p, group := w.findOrder(c, id)
	if p == nil {
		return nil, ErrOrderNotFound
	}
	var list []Attachment
	for _, a := range p.papers {
		if a.group == group {
			list = append(list, a)
		}
	}
	return list, nil
}

// wantsPO says whether the vendor wants to see a purchase order before it fulfils an order.
func (p *purchase) wantsPO(group int) bool {
	for n := range p.lines {
		if p.lines[n].Group == group && p.lines[n].Item.PurchaseOrder {
			return true
		}
	}
	return false
}

// shown says whether any order of a purchase needs a purchase order.
func (p *purchase) shown() bool {
	for n := range p.lines {
		if p.lines[n].Item.PurchaseOrder {
			return true
		}
	}
	return false
}
