package partnercenter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxPages is how many pages of one list are read. A longer list is one that goes in circles.
const maxPages = 500

var errCircle = errors.New("partnercenter: the list's pages do not end")

// link is where a list goes on: what the vendor says is the next page, and the token to send for it.
type link struct{ uri, token string }

// element is an item of a list.
type element[T any] interface {
	*T
	read(r *reader)
	complete() bool
}

// page reads one page of a list, in its envelope or bare.
type page[T any, P element[T]] struct {
	items []T
	found bool // a list was there, be it empty
	next  link
}

// complete wants every item to be what it must be: a list of which a part is not known is not known.
func (p *page[T, P]) complete() bool {
	for i := range p.items {
		if !P(&p.items[i]).complete() {
			return false
		}
	}
	return p.found
}

func (p *page[T, P]) read(r *reader) {
	if r.peek() == '[' {
		p.readItems(r)
		return
	}
	continuation := ""
	for name := range r.object {
		switch string(name) {
		case "items", "transition", "transitions":
			p.readItems(r)
		case "links":
			p.next = readNext(r)
		case "continuationtoken":
			continuation = r.text()
		}
	}
	if p.next.uri != "" && p.next.token == "" {
		p.next.token = continuation
	}
}

func (p *page[T, P]) readItems(r *reader) {
	if c := r.peek(); c != '[' && c != '{' {
		r.skip()
		return
	}
	p.found = true
	for range r.array {
		var item T
		P(&item).read(r)
		p.items = append(p.items, item)
	}
}

// readNext reads the link to the next page out of a resource's links.
func readNext(r *reader) (next link) {
	for name := range r.object {
		if string(name) != "next" {
			continue
		}
		for name := range r.object {
			switch string(name) {
			case "uri":
				next.uri = r.text()
			case "headers":
				for range r.array {
					if key, value := readPair(r); strings.EqualFold(key, "MS-ContinuationToken") {
						next.token = value
					}
				}
			}
		}
	}
	return next
}

// readPair reads an object of key and value.
func readPair(r *reader) (key, value string) {
	for name := range r.object {
		switch string(name) {
		case "key":
			key = r.text()
		case "value":
			value = r.text()
		}
	}
	return key, value
}

// listed reads a whole list, page by page. The request id names the first page only. The answer is that of the last page
// with the requests of all; a list of which any page is missing is not given.
func listed[T any, P element[T]](ctx context.Context, c *Client, ex Exchange, q request) ([]T, Answer, error) {
	var all []T
	var before Answer
	for range maxPages {
		var p page[T, P]
		answer, err := c.call(ctx, ex, q, &p)
		answer.Requests += before.Requests
		answer.Duration += before.Duration
		if err != nil {
			return nil, answer, err
		}
		all, before = append(all, p.items...), answer
		if p.next.uri == "" || operations[q.op].method != http.MethodGet { // nothing but a GET is sent again
			return all, answer, nil
		}
		if p.next == q.next {
			break
		}
		q.path, q.query, q.next = nil, "", p.next
		ex.RequestID = ""
	}
	before.Outcome, before.Entry = Unknown, entryNothingLearnt
	failure := before.fault(q.op, errCircle)
	return nil, before, failure
}

// follow gives the address of a link. The vendor's links are relative, with and without /v1. One that leads to another host
// is not followed, since the token is for this one.
func (c *Client) follow(uri string) (url.URL, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return url.URL{}, errors.New("partnercenter: the link is no address")
	}
	if u.Host != "" && (u.Host != c.base.Host || u.Scheme != c.base.Scheme) || u.User != nil || u.Opaque != "" {
		return url.URL{}, errors.New("partnercenter: the link leads elsewhere")
	}
	escaped := strings.TrimPrefix(u.EscapedPath(), "/")
	if u.Host != "" {
		escaped = strings.TrimPrefix(escaped, strings.TrimPrefix(c.base.EscapedPath()+"/", "/"))
	}
	escaped = strings.TrimPrefix(escaped, "v1/")
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if segments[i], err = url.PathUnescape(s); err != nil {
			return url.URL{}, fmt.Errorf("partnercenter: part %d of the link cannot be read", i)
		}
	}
	next, err := c.locate(request{path: segments, query: u.RawQuery})
	return next, err
}

// collected gives the path and query of a list.
func collected(query url.Values, path ...string) request {
	return request{path: path, query: query.Encode()}
}
