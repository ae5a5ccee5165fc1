package contract_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
)

// covers says whether a filter matches every subject that another filter, or a plain subject, can match.
func covers(filter, other string) bool {
	f, o := strings.Split(filter, "."), strings.Split(other, ".")
	for i, token := range f {
		switch {
		case token == ">":
			return len(o) > i
		case i >= len(o) || o[i] == ">" || token != "*" && token != o[i]:
			return false
		}
	}
	return len(f) == len(o)
}

// overlap says whether some subject matches both.
func overlap(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		if x[i] == ">" || y[i] == ">" {
			return true
		}
		if x[i] != y[i] && x[i] != "*" && y[i] != "*" {
			return false
		}
	}
	return len(x) == len(y)
}

func TestMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b            string
		covers, overlap bool
	}{
		{"a.b", "a.b", true, true},
		{"a.*", "a.b", true, true},
		{"a.b", "a.*", false, true},
		{"a.>", "a.b.c", true, true},
		{"a.>", "a", false, false},
		{"a.*", "a.>", false, true},
		{"a.*", "a.b.c", false, false},
		{"a.*.c", "a.b.*", false, true},
		{"a.b", "a.c", false, false},
	} {
		if covers(c.a, c.b) != c.covers || overlap(c.a, c.b) != c.overlap || overlap(c.b, c.a) != c.overlap {
			t.Errorf("%s and %s: covers %v, overlap %v", c.a, c.b, covers(c.a, c.b), overlap(c.a, c.b))
		}
	}
}

// unique reports what two things share.
func unique(t *testing.T, what string, taken map[string]bool, name string) {
	t.Helper()
	if taken[name] {
		t.Errorf("%s %q is there twice", what, name)
	}
	taken[name] = true
}

func TestEvents(t *testing.T) {
	t.Parallel()
	types, subjects, messages := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range contract.Events {
		unique(t, "type", types, e.Type)
		unique(t, "subject", subjects, e.Subject)
		unique(t, "message", messages, string(e.New().ProtoReflect().Descriptor().FullName()))
		if !slices.Contains(contract.EngineServices, e.Owner) {
			t.Errorf("%s is owned by %q, which has no engine to publish it", e.Type, e.Owner)
		}
		if !covers("seatflow.events.*.*", e.Subject) || !slices.ContainsFunc(contract.EventStream.Subjects, func(f string) bool { return covers(f, e.Subject) }) {
			t.Errorf("%s is published at %s, which the stream does not keep", e.Type, e.Subject)
		}
		if got, ok := contract.EventAt(e.Subject); !ok || got.Type != e.Type || got.Owner != e.Owner {
			t.Errorf("at %s is %+v", e.Subject, got)
		}
		if !slices.Contains(contract.Subjects(e.Owner), e.Subject) {
			t.Errorf("%s may not publish its own %s", e.Owner, e.Subject)
		}
	}
	for _, s := range contract.EngineServices {
		notice := contract.DeadLetterNotice(s)
		unique(t, "subject", subjects, notice.Subject)
		if got, ok := contract.EventAt(notice.Subject); !ok || got.Type != contract.DeadLetterType || got.Owner != s {
			t.Errorf("at %s is %+v", notice.Subject, got)
		}
	}
	unique(t, "type", types, contract.VerdictType)
	unique(t, "type", types, contract.DeadLetterType)
	for _, s := range []string{"", "seatflow.events.order", "seatflow.events.order.submitted.x", contract.VerdictSubject("erp"), contract.InboxSubject("erp")} {
		if e, ok := contract.EventAt(s); ok {
			t.Errorf("at %q is %s", s, e.Type)
		}
	}
}

// TestEveryMessageIsListed: a message of the event package is an event of the list, or one of the few that are not.
func TestEveryMessageIsListed(t *testing.T) {
	t.Parallel()
	other := []protoreflect.Name{"StatusEvent", "StatusHead", "Reason", "Decision", "Delivery", "Fault", "Verdict", "DeadLetter"}
	listed := map[protoreflect.FullName]bool{}
	for _, e := range contract.Events {
		listed[e.New().ProtoReflect().Descriptor().FullName()] = true
	}
	all := eventv1.File_seatflow_event_v1_event_proto.Messages()
	for i := range all.Len() {
		m := all.Get(i)
		if !listed[m.FullName()] && !slices.Contains(other, m.Name()) {
			t.Errorf("nobody publishes %s", m.FullName())
		}
	}
}

// TestHeads: whoever needs only view, order and person can read any event about a status as a StatusEvent.
func TestHeads(t *testing.T) {
	t.Parallel()
	head := new(eventv1.StatusEvent).ProtoReflect().Descriptor().Fields()
	for _, e := range contract.Events {
		fields := e.New().ProtoReflect().Descriptor().Fields()
		if fields.ByName("delivery") != nil {
			continue // a delivery changes no status
		}
		for i := range head.Len() {
			want := head.Get(i)
			if got := fields.ByNumber(want.Number()); got == nil || got.Name() != want.Name() || got.Message() != want.Message() {
				t.Errorf("field %d of %s is %v, not %s", want.Number(), e.Type, got, want.Name())
			}
		}
	}
}

// TestMethods: the list and the services in the schema say the same.
func TestMethods(t *testing.T) {
	t.Parallel()
	declared := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				if !strings.HasPrefix(string(f.Package()), "seatflow.") {
					continue
				}
				owner := strings.Split(string(f.Package()), ".")[1]
				if owner != "ops" {
					declared["seatflow."+owner+".v1."+string(m.Name())] = m
					continue
				}
				for _, every := range contract.EngineServices {
					declared["seatflow."+string(every)+".v1."+string(m.Name())] = m
				}
			}
		}
		return true
	})
	subjects := map[string]bool{}
	for _, m := range contract.Methods {
		unique(t, "method", subjects, m.Subject())
		d := declared[m.Subject()]
		if d == nil {
			t.Errorf("%s is in no service of the schema", m.Subject())
			continue
		}
		if d.Input() != m.Request().ProtoReflect().Descriptor() || d.Output() != m.Reply().ProtoReflect().Descriptor() {
			t.Errorf("%s takes %s and gives %s", m.Subject(), d.Input().FullName(), d.Output().FullName())
		}
		query := strings.HasPrefix(m.Name, "Get") || strings.HasPrefix(m.Name, "List")
		if m.Command == query {
			t.Errorf("%s: command is %v", m.Subject(), m.Command)
		}
	}
	for subject := range declared {
		if !subjects[subject] {
			t.Errorf("%s of the schema is in no list", subject)
		}
	}
}

func TestConsumers(t *testing.T) {
	t.Parallel()
	names, heard := map[string]bool{}, map[string]bool{}
	for _, c := range contract.Consumers {
		unique(t, "consumer", names, c.Name)
		at := slices.IndexFunc(contract.Streams, func(s contract.Stream) bool { return s.Name == c.Stream })
		if at < 0 || !slices.Contains(contract.EngineServices, c.Service) || len(c.Filters) == 0 {
			t.Fatalf("%+v", c)
		}
		for i, f := range c.Filters {
			if !slices.ContainsFunc(contract.Streams[at].Subjects, func(s string) bool { return covers(s, f) }) {
				t.Errorf("%s filters %s, which %s does not keep", c.Name, f, c.Stream)
			}
			for _, g := range c.Filters[:i] {
				if overlap(f, g) {
					t.Errorf("%s would hear %s and %s twice", c.Name, f, g)
				}
			}
			for _, e := range contract.Events {
				if covers(f, e.Subject) {
					heard[e.Type] = true
					if e.Owner == c.Service {
						t.Errorf("%s consumes its own %s", c.Service, e.Type)
					}
				}
			}
		}
		if !slices.ContainsFunc(contract.ConsumersOf(c.Service), func(o contract.Consumer) bool { return o.Name == c.Name }) {
			t.Errorf("%s is not among the consumers of %s", c.Name, c.Service)
		}
	}
	outside := []string{contract.OrderDeleted.Type} // see Consumers
	for _, e := range contract.Events {
		if heard[e.Type] == slices.Contains(outside, e.Type) {
			t.Errorf("%s: consumed %v, only for other systems %v", e.Type, heard[e.Type], !heard[e.Type])
		}
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	var all []string
	for _, s := range contract.Streams {
		if s.MaxAge != contract.EventStream.MaxAge || s.Dedupe <= 0 || s.MaxBytes <= 0 {
			t.Errorf("%+v", s)
		}
		for _, f := range s.Subjects {
			for _, g := range all {
				if overlap(f, g) {
					t.Errorf("%s and %s would be kept twice", f, g)
				}
			}
			all = append(all, f)
		}
	}
	for _, m := range contract.Methods {
		for _, f := range all {
			if overlap(f, m.Subject()) {
				t.Errorf("requests of %s would be kept by a stream", m.Subject())
			}
		}
	}
}

func TestInboxSource(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"seatflow.inbox.erp": "erp", "seatflow.inbox.": "", "seatflow.inbox": "", "seatflow.inbox.*": "", "seatflow.inbox.>": "",
		"seatflow.inbox.a.b": "", "seatflow.inbox.a b": "", "seatflow.verdicts.erp": "", "": "",
	} {
		if got, ok := contract.InboxSource(subject); ok != (want != "") || ok && got != want {
			t.Errorf("the source of %q is %q, %v", subject, got, ok)
		}
	}
}

// TestFreshMessages: each call gives a message of its own, since consumers decode into it.
func TestFreshMessages(t *testing.T) {
	t.Parallel()
	for _, e := range contract.Events {
		if a, b := e.New(), e.New(); a == b || proto.Size(a) != 0 {
			t.Errorf("%s gives the same message twice", e.Type)
		}
	}
}
