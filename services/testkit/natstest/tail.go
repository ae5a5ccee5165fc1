package natstest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// The server's block files hold one record after the other; each begins with its whole length, whose highest bit says that
// the message has headers.
const (
	lengthBytes = 4
	leastRecord = 22
	headersBit  = 1 << 31
)

// CutTail throws away the last n messages of a stopped server's stream (of the default account), as a power loss does with
// what was not synced yet. Consumers keep their positions, which may then lie beyond the stream's end. It fails the test
// if the server runs or the stream has fewer messages.
func (s *Server) CutTail(stream string, n int) {
	s.t.Helper()
	if s.here != nil || s.away != nil {
		s.t.Fatal("natstest: stop or kill the server before cutting its store")
	}
	if err := cutTail(filepath.Join(s.o.StoreDir, "jetstream", "$G", "streams", stream, "msgs"), n); err != nil {
		s.t.Fatalf("natstest: the tail of %s cannot be cut: %v", stream, err)
	}
}

func cutTail(dir string, n int) error {
	blocks, err := filepath.Glob(filepath.Join(dir, "*.blk"))
	if err != nil {
		return err
	}
	slices.SortFunc(blocks, func(a, b string) int { return number(b) - number(a) })
	for _, block := range blocks {
		if n == 0 {
			break
		}
		ends, err := records(block)
		if err != nil {
			return err
		}
		keep := max(0, len(ends)-n)
		n -= len(ends) - keep
		var size int64
		if keep > 0 {
			size = ends[keep-1]
		}
		if err := os.Truncate(block, size); err != nil {
			return err
		}
	}
	if n > 0 {
		return fmt.Errorf("there are %d messages too few", n)
	}
	if err := os.Remove(filepath.Join(dir, "index.db")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // the server builds it anew from the blocks
	}
	return nil
}

func number(block string) int {
	var n int
	if _, err := fmt.Sscanf(filepath.Base(block), "%d.blk", &n); err != nil {
		return 0
	}
	return n
}

// records are the offsets at which a block's records end.
func records(block string) ([]int64, error) {
	data, err := os.ReadFile(block)
	if err != nil {
		return nil, err
	}
	var ends []int64
	for at := 0; at+leastRecord <= len(data); {
		length := int(binary.LittleEndian.Uint32(data[at:at+lengthBytes]) &^ headersBit)
		if length < leastRecord || at+length > len(data) {
			break // what follows was never whole
		}
		at += length
		ends = append(ends, int64(at))
	}
	return ends, nil
}
