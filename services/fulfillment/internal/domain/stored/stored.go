// Package stored gives orders and calls the form in which they are kept.
//
// Model: the form is JSON, so that an operator can read a row, or mend it, without a program of ours. An order is written
// three times and read twice on the shortest way through, so encoding/json's reflection is kept out of that way: each type
// has one function that names its fields in order, and a codec walks over it to write or to read.
//
// Guarantees: what is written is, byte for byte, what encoding/json makes of the types' tags. Whatever encoding/json reads is
// read, with the same result: a text in any other form, of another version or mended by hand, is handed to it.
//
// Failures: a text that encoding/json cannot read gives its error.
package stored

import (
	"encoding/json"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
)

// Order is the stored form of an order's own state: lines, cart, polls, cancellation.
func Order(o *domain.Order) []byte { return write(o, order) }

// ReadOrder takes an order's state from its stored form; what is not in there is left as it is.
func ReadOrder(data []byte, o *domain.Order) error { return read(data, o, order) }

// Call is the stored form of what a call is to do.
func Call(b *domain.Body) []byte { return write(b, body) }

// ReadCall takes what a call is to do from its stored form.
func ReadCall(data []byte, b *domain.Body) error { return read(data, b, body) }

// usual is the room that is made for a form, in bytes; that of a usual order or call fits.
const usual = 192

func write[T any](v *T, form func(*codec, *T)) []byte {
	c := codec{out: make([]byte, 0, usual)}
	form(&c, v)
	return c.out
}

func read[T any](data []byte, v *T, form func(*codec, *T)) error {
	before := *v
	c := codec{in: string(data), reading: true}
	if form(&c, v); !c.broken && c.in == "" {
		return nil
	}
	*v = before
	return json.Unmarshal(data, v)
}

func order(c *codec, o *domain.Order) {
	later := c.begin()
	list(c, 'l', &o.Lines, line)
	object(c, 'c', &o.Cart, cart)
	list(c, 'p', &o.Polls, poll)
	if c.named('u', o.Upload != nil) {
		if c.reading {
			o.Upload = new(domain.Upload)
		}
		upload(c, o.Upload)
	}
	if c.named('f', !o.FireAt.IsZero()) {
		moment(c, &o.FireAt)
	}
	if c.named('b', !o.Since.IsZero()) {
		moment(c, &o.Since)
	}
	field(c, 'k', &o.Calls, number)
	if c.named('x', o.Cancellation != nil) {
		if c.reading {
			o.Cancellation = new(domain.Cancellation)
		}
		cancellation(c, o.Cancellation)
	}
	if c.named('h', !o.HintedAt.IsZero()) {
		moment(c, &o.HintedAt)
	}
	c.end(later)
}

func line(c *codec, l *domain.Line) {
	later := c.begin()
	field(c, 'n', &l.Number, number)
	field(c, 's', &l.Status, number)
	field(c, 'a', &l.Attempt, number)
	field(c, 'k', &l.Token, text)
	field(c, 'h', &l.Intent, number)
	field(c, 'g', &l.Group, text)
	field(c, 'o', &l.VendorOrder, text)
	field(c, 'u', &l.Subscription, text)
	field(c, 'b', &l.Base, number)
	field(c, 't', &l.Target, number)
	field(c, 'm', &l.From, text)
	field(c, 'z', &l.To, text)
	field(c, 'j', &l.Item, text)
	list(c, 'p', &l.Prior, text)
	field(c, 'v', &l.Move, text)
	field(c, 'f', &l.Doubted, yes)
	field(c, 'y', &l.Recorded, yes)
	field(c, 'q', &l.Seats, number)
	field(c, 'r', &l.Activates, yes)
	list(c, 'l', &l.Links, text)
	field(c, 'w', &l.Waiting, yes)
	if c.named('i', !l.AskedSince.IsZero()) {
		moment(c, &l.AskedSince)
	}
	field(c, 'e', &l.Trouble, trouble)
	if c.named('x', l.Said != nil) {
		if c.reading {
			l.Said = new(domain.Said)
		}
		said(c, l.Said)
	}
	object(c, 'd', &l.Track, track)
	c.end(later)
}

func said(c *codec, s *domain.Said) {
	later := c.begin()
	field(c, 'd', &s.Done, yes)
	field(c, 'o', &s.Order, text)
	field(c, 'u', &s.Subscription, text)
	field(c, 'n', &s.Note, text)
	field(c, 'b', &s.By, person)
	if c.named('a', !s.At.IsZero()) {
		moment(c, &s.At)
	}
	field(c, 'c', &s.Counts, yes)
	field(c, 'g', &s.Again, yes)
	field(c, 's', &s.Searched, yes)
	field(c, 'e', &s.Before, trouble)
	c.end(later)
}

func trouble(c *codec, t *domain.Trouble) {
	later := c.begin()
	field(c, 'c', &t.Code, text)
	field(c, 'd', &t.Detail, text)
	field(c, 'h', &t.Hint, text)
	field(c, 'p', &t.Person, yes)
	field(c, 'o', &t.Owner, number)
	c.end(later)
}

func cart(c *codec, k *domain.Cart) {
	later := c.begin()
	field(c, 'i', &k.ID, text)
	list(c, 'k', &k.Keep, number)
	field(c, 'g', &k.Gone, yes)
	field(c, 's', &k.Sealed, yes)
	object(c, 't', &k.Track, track)
	c.end(later)
}

func poll(c *codec, p *domain.Poll) {
	later := c.begin()
	field(c, 'o', &p.VendorOrder, text)
	object(c, 't', &p.Track, track)
	c.end(later)
}

func upload(c *codec, u *domain.Upload) {
	later := c.begin()
	field(c, 'o', &u.VendorOrder, text)
	field(c, 'n', &u.Name, text)
	object(c, 't', &u.Track, track)
	c.end(later)
}

func track(c *codec, t *domain.Track) {
	later := c.begin()
	field(c, 's', &t.Step, number)
	field(c, 'c', &t.Call, text)
	field(c, 't', &t.Tries, number)
	field(c, 'x', &t.Refused, number)
	field(c, 'r', &t.Request, text)
	field(c, 'u', &t.Unanswered, yes)
	if c.named('a', !t.SettledAt.IsZero()) {
		moment(c, &t.SettledAt)
	}
	field(c, 'l', &t.Lagged, yes)
	field(c, 'f', &t.Refusal, trouble)
	field(c, 'k', &t.Looks, number)
	if c.named('d', !t.Due.IsZero()) {
		moment(c, &t.Due)
	}
	list(c, 'o', &t.Open, text)
	c.end(later)
}

func cancellation(c *codec, x *domain.Cancellation) {
	later := c.begin()
	field(c, 'b', &x.By, person)
	field(c, 'r', &x.Reason, text)
	c.end(later)
}

func person(c *codec, p *domain.Person) {
	later := c.begin()
	field(c, 'i', &p.Issuer, text)
	field(c, 's', &p.Subject, text)
	field(c, 'n', &p.Name, text)
	field(c, 'e', &p.Email, text)
	field(c, 'r', &p.Role, number)
	field(c, 't', &p.Tenant, text)
	c.end(later)
}

func body(c *codec, b *domain.Body) {
	later := c.begin()
	field(c, 'u', &b.Customer, text)
	field(c, 'l', &b.Line, number)
	field(c, 'c', &b.Cart, text)
	list(c, 'b', &b.Lines, cartLine)
	if c.named('a', !b.Since.IsZero()) {
		moment(c, &b.Since)
	}
	field(c, 'o', &b.Order, text)
	field(c, 'j', &b.Deep, yes)
	field(c, 'g', &b.Links, yes)
	field(c, 'n', &b.Claim, yes)
	field(c, 's', &b.Subscription, text)
	field(c, 'p', &b.Property, text)
	field(c, 'q', &b.Base, number)
	field(c, 't', &b.Target, number)
	field(c, 'm', &b.From, text)
	field(c, 'z', &b.To, text)
	field(c, 'e', &b.Repeat, yes)
	list(c, 'k', &b.Attempts, text)
	field(c, 'd', &b.By, number)
	field(c, 'i', &b.Item, text)
	field(c, 'w', &b.Term, text)
	field(c, 'y', &b.Cycle, text)
	list(c, 'x', &b.Rows, number)
	if c.named('f', b.File != nil) {
		if c.reading {
			b.File = new(domain.File)
		}
		file(c, b.File)
	}
	field(c, 'r', &b.Request, text)
	c.end(later)
}

func file(c *codec, f *domain.File) {
	later := c.begin()
	field(c, 'n', &f.Name, text)
	field(c, 'c', &f.Content, text)
	field(c, 'p', &f.Price, text)
	field(c, 'y', &f.Currency, text)
	field(c, 'x', &f.Rate, text)
	field(c, 't', &f.Tender, yes)
	field(c, 'l', &f.Link, text)
	c.end(later)
}

func cartLine(c *codec, l *domain.CartLine) {
	later := c.begin()
	field(c, 'n', &l.Number, number)
	field(c, 'i', &l.Item, text)
	field(c, 'f', &l.Name, text)
	field(c, 'q', &l.Quantity, number)
	field(c, 't', &l.Term, text)
	field(c, 'b', &l.Cycle, text)
	field(c, 'p', &l.Parent, text)
	c.end(later)
}
