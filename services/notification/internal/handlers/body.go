package handlers

import (
	"encoding/json"
	"errors"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// A call's body holds a mail's facts as protobuf would write them: each under its number, the empty ones left out. Numbers
// are part of what is stored, so they never change; a number that a program does not know is passed over.
const (
	atField     = 4
	linesField  = 11
	reasonField = 14
	todoField   = 16
	wordField   = 17

	quantityField = 3 // of a line
)

// texts are the facts that are one text each, by number.
func texts(m *domain.Mail) [16]*string {
	return [16]*string{
		1: (*string)(&m.Kind), 2: &m.To, 3: &m.ToName, 5: &m.OrderID, 6: &m.Number, 7: &m.Customer, 8: &m.Requester,
		9: &m.Amount, 10: &m.Currency, 12: &m.Sentence, 13: &m.Hint, 15: &m.DecidedBy,
	}
}

// lineTexts are the texts of a line, by number.
func lineTexts(l *domain.Line) [13]*string {
	return [13]*string{
		1: &l.Product, 2: &l.Change, 4: &l.Status, 5: &l.Detail, 6: &l.VendorOrder, 7: &l.Subscription,
		8: &l.Term, 9: &l.BillingCycle, 10: &l.Renewal, 11: &l.Purchase, 12: &l.PurchaseLines,
	}
}

// encodeMail makes a call's body of a mail's facts.
func encodeMail(m domain.Mail) ([]byte, error) {
	var room [256]byte // for what stands inside
	at, err := m.At.AppendBinary(room[:0])
	if err != nil {
		return nil, fault.New(fault.Invalid, "mail_not_stored", "The facts of the mail cannot be stored.").Because(err)
	}
	body := make([]byte, 0, 512)
	body = protowire.AppendBytes(protowire.AppendTag(body, atField, protowire.BytesType), at)
	for n, text := range texts(&m) {
		body = appendText(body, n, text)
	}
	for i := range m.Lines {
		line := room[:0]
		for n, text := range lineTexts(&m.Lines[i]) {
			line = appendText(line, n, text)
		}
		if q := m.Lines[i].Quantity; q != 0 {
			line = protowire.AppendVarint(protowire.AppendTag(line, quantityField, protowire.VarintType), uint64(uint32(q)))
		}
		body = protowire.AppendBytes(protowire.AppendTag(body, linesField, protowire.BytesType), line)
	}
	body = appendTexts(body, reasonField, m.Reasons)
	body = appendTexts(body, todoField, m.Todo)
	return appendTexts(body, wordField, m.Commands), nil
}

func appendTexts(b []byte, n protowire.Number, texts []string) []byte {
	for _, text := range texts {
		b = protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), text)
	}
	return b
}

func appendText(b []byte, n int, text *string) []byte {
	if text == nil || *text == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, protowire.Number(n), protowire.BytesType), *text)
}

// decodeMail reads what encodeMail wrote, and the JSON of earlier versions: a mail may wait for a day, and longer while
// nothing runs.
func decodeMail(body []byte) (m domain.Mail, err error) {
	if len(body) == 0 || body[0] == '{' { // as a tag it would be one that nothing here has
		err = json.Unmarshal(body, &m)
		return m, err
	}
	known := texts(&m)
	err = fields(body, string(body), func(f field) (err error) {
		switch {
		case f.number == atField:
			err = m.At.UnmarshalBinary(f.bytes)
		case f.number == linesField:
			var l domain.Line
			l, err = decodeLine(f)
			m.Lines = append(m.Lines, l)
		case f.number == reasonField:
			m.Reasons = append(m.Reasons, f.text)
		case f.number == todoField:
			m.Todo = append(m.Todo, f.text)
		case f.number == wordField:
			m.Commands = append(m.Commands, f.text)
		case int(f.number) < len(known) && known[f.number] != nil:
			*known[f.number] = f.text
		}
		return err
	})
	return m, err
}

func decodeLine(of field) (l domain.Line, err error) {
	known := lineTexts(&l)
	err = fields(of.bytes, of.text, func(f field) error {
		switch {
		case f.number == quantityField:
			l.Quantity = int32(uint32(f.value))
		case int(f.number) < len(known) && known[f.number] != nil:
			*known[f.number] = f.text
		}
		return nil
	})
	return l, err
}

// field is one fact as it is stored: a number, or bytes and the same as text.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte
	text   string
}

var errBody = errors.New("notification: a call's body is cut off")

// fields hands every field of a body to take. text is the body once more, of which the texts of its fields are parts: one
// copy is made for all of them.
func fields(body []byte, text string, take func(field) error) error {
	for at := 0; at < len(body); {
		number, kind, n := protowire.ConsumeTag(body[at:])
		if n < 0 {
			return errBody
		}
		at += n
		f := field{number: number}
		switch kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(body[at:])
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(body[at:])
		default:
			n = protowire.ConsumeFieldValue(number, kind, body[at:])
		}
		if n < 0 {
			return errBody
		}
		at += n
		f.text = text[at-len(f.bytes) : at]
		if err := take(f); err != nil {
			return err
		}
	}
	return nil
}
