package engine

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// operation is one of the Spec's, with the cause that ends a call of it that takes too long.
type operation struct {
	Operation
	expired error
}

// routes is the Spec, looked up by name.
type routes struct {
	events     map[string]EventRoute
	slim       map[string]bool // events decoded as less than was published
	commands   map[string]CommandRoute
	operations map[string]operation
	names      []string // of the operations
	timers     map[string]TimerRoute
	notices    map[string]NoticeRoute
}

func newRoutes(s Spec) (routes, error) {
	r := routes{
		events: map[string]EventRoute{}, slim: map[string]bool{}, commands: map[string]CommandRoute{},
		operations: map[string]operation{}, timers: map[string]TimerRoute{}, notices: map[string]NoticeRoute{},
	}
	for _, e := range s.Events {
		if _, dup := r.events[e.Event.Type]; dup {
			return r, fmt.Errorf("engine: two routes for event %s", e.Event.Type)
		}
		r.events[e.Event.Type] = e
		whole, ok := contract.EventAt(e.Event.Subject)
		r.slim[e.Event.Type] = ok && whole.New().ProtoReflect().Descriptor() != e.Event.New().ProtoReflect().Descriptor()
	}
	for _, c := range s.Commands {
		if _, dup := r.commands[c.Method.Name]; dup || c.Method.Service != s.Service {
			return r, fmt.Errorf("engine: command %s is not this service's or has two routes", c.Method.Name)
		}
		r.commands[c.Method.Name] = c
	}
	for _, o := range s.Operations {
		if _, dup := r.operations[o.Name]; dup || o.Timeout <= 0 || o.Local && (o.Resource != "" || o.Changes) {
			return r, fmt.Errorf("engine: operation %s has two rows, no timeout, or is local and asks somebody", o.Name)
		}
		r.operations[o.Name] = operation{o, fmt.Errorf("%s timeout", o.Name)}
		r.names = append(r.names, o.Name)
	}
	for _, t := range s.Timers {
		if !slices.ContainsFunc(s.Kinds, func(k Kind) bool { return k.kind() == t.Kind }) {
			return r, fmt.Errorf("engine: timer for an unknown kind %s", t.Kind)
		}
		r.timers[t.Kind] = t
	}
	for _, n := range s.Notices {
		r.notices[n.Name] = n
	}
	return r, nil
}

// command makes an input of a command, or refuses it.
func (r routes) command(m contract.Method, req proto.Message, meta Meta) (*Input, error) {
	route, ok := r.commands[m.Name]
	if !ok {
		return nil, fault.New(fault.NotFound, "no_such_command", "There is no such command.").On(m.Name)
	}
	refs, err := route.Refs(req, meta)
	if err != nil {
		return nil, err
	}
	in := &Input{
		Source: FromCommand, Name: m.Name, Meta: meta, Body: req, Refs: refs,
		decide: route.Decide, withCalls: route.WithCalls,
	}
	if meta.Key != "" {
		in.Key = &Key{
			Caller: meta.Caller.ID(), Scope: m.Name, Value: meta.Key, Fingerprint: fingerprint(route, req), Permanent: route.PermanentKey,
		}
	}
	return in, nil
}

func (r routes) outcome(o Outcome, meta Meta) (*Input, error) {
	op, ok := r.operations[o.Call.Operation]
	if !ok {
		return nil, fault.New(fault.Internal, "no_such_operation", "Something went wrong on our side.").On(o.Call.Operation)
	}
	in := &Input{Source: FromOutcome, Name: op.Name, Meta: meta, Body: o, Refs: []Ref{o.Call.Ref}, decide: op.Decide, call: o.Call.ID, unknown: o.Unknown}
	if !o.Lost {
		in.settled = o.SettledAt
	}
	if op.Extra != nil {
		in.Refs = append(in.Refs, op.Extra(o)...)
	}
	return in, nil
}
