package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
)

const (
	created = "HTTP/1.1 201"
	// maxFault is how much of a refusal's body is kept.
	maxFault = 1 << 10
)

var errNoAnswer = errors.New("this is no answer of HTTP/1.1 with a length")

// readAnswer reads what a POST is answered and gives the id of what was made. By hand, as the request is written:
// net/http would make a map of all headers.
func readAnswer(in *bufio.Reader) (uuid.UUID, error) {
	line, err := readLine(in)
	if err != nil {
		return uuid.Nil, err
	}
	var refused string
	if !bytes.HasPrefix(line, []byte(created)) {
		refused = string(line) + ":"
	}
	var id uuid.UUID
	var idErr error
	length := -1
	for {
		line, err := readLine(in)
		if err != nil {
			return uuid.Nil, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return uuid.Nil, errNoAnswer
			}
		case bytes.EqualFold(name, []byte("Location")):
			id, idErr = uuid.ParseBytes(value[bytes.LastIndexByte(value, '/')+1:])
		}
	}
	switch {
	case length < 0 && refused == "":
		return uuid.Nil, errNoAnswer
	case refused != "":
		text, err := io.ReadAll(io.LimitReader(in, int64(min(length, maxFault))))
		return uuid.Nil, errors.Join(fmt.Errorf("%s %s", refused, text), err)
	case id == uuid.Nil:
		return uuid.Nil, errors.Join(errors.New("the answer names no order"), idErr)
	}
	_, err = in.Discard(length)
	return id, err
}

// readLine reads a line of an answer's head, without its end. It stands until the next reading.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return bytes.TrimRight(line, "\r\n"), err
}
