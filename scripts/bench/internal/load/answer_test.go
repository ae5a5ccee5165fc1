package load

import (
	"bufio"
	"strings"
	"testing"
)

func TestAnswersAreReadOneAfterAnother(t *testing.T) {
	t.Parallel()
	const id = "0d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401"
	in := bufio.NewReaderSize(strings.NewReader(strings.Repeat("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"+
		"location: /api/licensing/orders/"+id+"\r\ncontent-length: 5\r\nX-Empty:\r\n\r\n{\r\n\r\n", 2)), 80)
	for range 2 {
		if got, err := readAnswer(in); err != nil || got.String() != id {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestWhatIsNoOrderIsAnError(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 2\r\n\r\nno":  "HTTP/1.1 422 Unprocessable Entity: no",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":                      "HTTP/1.1 200 OK: ",
		"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n":                 "names no order",
		"HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n": "invalid UUID",
		"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n":        "no answer",
		"HTTP/1.1 201 Created\r\nContent-Length: x\r\n\r\n":                 "no answer",
		"HTTP/1.1 201 Created\r\nContent-Le":                                "unexpected EOF",
		"":                                                                  "unexpected EOF",
	} {
		if _, err := readAnswer(bufio.NewReader(strings.NewReader(answer))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", answer, err, want)
		}
	}
}
