package vendorapi

// plain reads the form of JSON in which programs write carts: names and words in ASCII without escapes, whole numbers,
// nothing that a cart seldom has. It gives up on all else, which is then left to encoding/json, so it must never take what
// that one refuses or reads otherwise.
type plain struct {
	b     []byte
	at    int
	other bool // it is of another form
}

// readPlainCart fills in a cart, or says that encoding/json has to read it.
func readPlainCart(b []byte, into *cartBody) bool {
	p := plain{b: b}
	for name := range p.object {
		if string(name) != "lineItems" || into.LineItems != nil {
			p.other = true
			break
		}
		for range p.array {
			into.LineItems = append(into.LineItems, p.cartLine())
		}
	}
	p.space()
	return !p.other && p.at == len(p.b)
}

func (p *plain) cartLine() (l cartLineBody) {
	for name := range p.object {
		switch string(name) {
		case "id":
			p.integer() // lines are numbered as they come
		case "catalogItemId":
			l.CatalogItemID = string(p.text())
		case "friendlyName":
			l.FriendlyName = string(p.text())
		case "quantity":
			l.Quantity = p.integer()
		case "termDuration":
			l.TermDuration = string(p.text())
		case "billingCycle":
			l.BillingCycle = string(p.text())
		default:
			p.other = true
		}
	}
	return l
}

// object goes through the names of an object; the loop's body reads each value.
func (p *plain) object(yield func(name []byte) bool) {
	p.list('{', '}', func() bool {
		name := p.text()
		p.take(':')
		return !p.other && yield(name)
	})
}

// array goes through an array; the loop's body reads each element.
func (p *plain) array(yield func() bool) { p.list('[', ']', yield) }

func (p *plain) list(opening, closing byte, element func() bool) {
	p.take(opening)
	if p.next() == closing {
		p.at++
		return
	}
	for !p.other && element() {
		if p.next() == closing {
			p.at++
			return
		}
		p.take(',')
	}
}

func (p *plain) space() {
	for p.at < len(p.b) && (p.b[p.at] == ' ' || p.b[p.at] == '\n' || p.b[p.at] == '\r' || p.b[p.at] == '\t') {
		p.at++
	}
}

// next is the next character that is no space; 0 at the end.
func (p *plain) next() byte {
	p.space()
	if p.at == len(p.b) {
		return 0
	}
	return p.b[p.at]
}

func (p *plain) take(c byte) {
	if p.next() != c {
		p.other = true
		return
	}
	p.at++
}

func (p *plain) text() []byte {
	p.take('"')
	for n := p.at; n < len(p.b) && !p.other; n++ {
		switch c := p.b[n]; {
		case c == '"':
			text := p.b[p.at:n]
			p.at = n + 1
			return text
		case c < ' ' || c == '\\' || c >= 0x7f:
			p.other = true
		}
	}
	p.other = true
	return nil
}

// maxDigits is how many digits any whole number may have that is read here.
const maxDigits = 18

func (p *plain) integer() (n int64) {
	p.next()
	first := p.at
	for p.at < len(p.b) && '0' <= p.b[p.at] && p.b[p.at] <= '9' && p.at-first < maxDigits {
		n = n*10 + int64(p.b[p.at]-'0')
		p.at++
	}
	if digits := p.at - first; digits == 0 || digits > 1 && p.b[first] == '0' {
		p.other = true
	}
	return n
}
