package contract_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// makeGolden encodes the values that have no bytes yet. Bytes that exist are never written again: somebody may have
// published such a message, and it stays readable for ever.
var makeGolden = flag.Bool("make-golden", false, "encode the values in testdata that have no bytes yet")

// golden is every kind of message that is stored or sent by others, by its name in testdata.
func golden() map[string]func() proto.Message {
	all := map[string]func() proto.Message{
		contract.VerdictType:         func() proto.Message { return new(eventv1.Verdict) },
		contract.DeadLetterType:      contract.DeadLetterNotice(contract.Approval).New,
		"seatflow.order.v1.NewOrder": func() proto.Message { return new(orderv1.NewOrder) },
	}
	for _, e := range contract.Events {
		all[e.Type] = e.New
	}
	return all
}

var goldenName = regexp.MustCompile(`^(.+)\.([0-9]+)\.(bin|json)$`)

// TestGolden decodes what was encoded once and compares the values: bytes of protobuf are not stable, their meaning is.
func TestGolden(t *testing.T) {
	t.Parallel()
	kinds, seen := golden(), map[string]bool{}
	values, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		parts := goldenName.FindStringSubmatch(filepath.Base(value))
		if len(parts) < 2 || kinds[parts[1]] == nil {
			t.Errorf("%s is no message of the contract; what was published once must stay in it", value)
			continue
		}
		seen[parts[1]] = true
		t.Run(filepath.Base(value), func(t *testing.T) {
			t.Parallel()
			checkGolden(t, value, kinds[parts[1]])
		})
	}
	for name := range kinds {
		if !seen[name] {
			t.Errorf("%s has no golden bytes in testdata", name)
		}
	}
}

func checkGolden(t *testing.T, value string, fresh func() proto.Message) {
	t.Helper()
	text, err := os.ReadFile(value)
	if err != nil {
		t.Fatal(err)
	}
	want, got := fresh(), fresh()
	if err := protojson.Unmarshal(text, want); err != nil {
		t.Fatal(err)
	}
	file := value[:len(value)-len("json")] + "bin"
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && *makeGolden {
		if data, err = proto.Marshal(want); err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Errorf("decoded:\n%v\nwant:\n%v", got, want)
	}
	if left := unknown(got.ProtoReflect()); len(left) > 0 {
		t.Errorf("%d bytes mean nothing any more: %x", len(left), left)
	}
}

// unknown gathers the bytes of fields that the schema does not know, at any depth.
func unknown(m protoreflect.Message) []byte {
	out := bytes.Clone(m.GetUnknown())
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				out = append(out, unknown(v.List().Get(i).Message())...)
			}
		default:
			out = append(out, unknown(v.Message())...)
		}
		return true
	})
	return out
}

// TestNewerNeighbour: an event of a newer program, with a status and a field that this one does not know, goes through
// this one and loses nothing.
func TestNewerNeighbour(t *testing.T) {
	t.Parallel()
	sent := &eventv1.OrderSubmitted{View: &orderv1.View{Status: 99, Sentence: "New."}}
	sent.ProtoReflect().SetUnknown(protoreflect.RawFields("\xa2\x06\x03new")) // field 100, "new"
	wire, err := proto.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	read := new(eventv1.OrderSubmitted)
	if err := proto.Unmarshal(wire, read); err != nil {
		t.Fatal(err)
	}
	if read.GetView().GetStatus() != 99 || !proto.Equal(read, sent) {
		t.Errorf("read %v, sent %v", read, sent)
	}
	head := new(eventv1.StatusEvent)
	if err := proto.Unmarshal(wire, head); err != nil || head.GetView().GetSentence() != "New." {
		t.Errorf("its head reads %v, %v", head, err)
	}
}
