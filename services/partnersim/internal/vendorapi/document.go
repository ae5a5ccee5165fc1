package vendorapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// document is an answer of the rarer calls, whose bodies need not be written by hand.
type document map[string]any

// say writes a document, or a list of them, as the answer.
func (c *call) say(v any) int {
	text, err := json.Marshal(v)
	if err != nil { // cannot happen: texts, numbers, times and documents only
		text = []byte(`{}`)
	}
	c.out = append(c.out, text...)
	return http.StatusOK
}

// moment is a time as the vendor writes it: UTC, seven digits.
type moment time.Time

// MarshalJSON writes the time in quotes. It never fails.
func (m moment) MarshalJSON() ([]byte, error) { return appendTime(nil, time.Time(m)), nil }

// local is a time without a zone, as some of the vendor's services write them.
func local(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

func link(uri string) document {
	return document{"uri": uri, "method": http.MethodGet, "headers": []string{}}
}

func objectType(name string) document { return document{"objectType": name} }

// collection is the envelope of a list.
func collection(items []document, self string) document {
	if items == nil {
		items = []document{}
	}
	d := document{"totalCount": len(items), "items": items, "attributes": objectType("Collection")}
	if self != "" {
		d["links"] = document{"self": link(self)}
	}
	return d
}

// under is the path of something of the call's customer, as links have it.
func (c *call) under(path string) string { return string(appendPath(nil, c.customer, path)) }

// shape2 answers as some customer services do.
func (c *call) shape2(refusal *world.Refusal, name string) int {
	c.code = refusal.Code
	c.say(document{
		"code": refusal.Code, "message": refusal.Description, "description": refusal.Description, "errorName": name,
		"isRetryable": false, "parameters": document{}, "errorMessageExtended": "InternalErrorCode=" + json.Number(itoa(refusal.Code)).String(),
	})
	return refusal.Status
}
