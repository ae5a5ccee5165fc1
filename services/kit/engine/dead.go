package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// letterKind is the engine's own aggregate: an input put aside.
const letterKind = "dead_letter"

// deadLetter is an input that can never be processed as it is.
type deadLetter struct {
	State     string // open, replayed, discarded
	Source    string
	Subject   string
	Order     string
	Code      string
	Message   string
	Headers   []byte
	Payload   []byte
	Stream    string
	StreamSeq int64
	StoredAt  time.Time
	CreatedAt time.Time
	ClosedBy  string
}

const letterColumns = `id, version, sequence, state, source, subject, order_id, code, message, headers, payload, stream, stream_seq, stored_at, created_at, closed_by`

func scanLetter(r pgx.Rows) (row Row[deadLetter], err error) {
	l := &row.State
	return row, r.Scan(&row.ID, &row.Version, &row.Sequence, &l.State, &l.Source, &l.Subject, &l.Order, &l.Code, &l.Message,
		&l.Headers, &l.Payload, &l.Stream, &l.StreamSeq, &l.StoredAt, &l.CreatedAt, &l.ClosedBy)
}

var letterTable Kind = Table[deadLetter]{
	Kind:   letterKind,
	Select: `select ` + letterColumns + ` from engine_dead_letters where id = any($1)`,
	Scan:   scanLetter,
	Upsert: `insert into engine_dead_letters (` + letterColumns + `)
		select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
			$10::bytea[], $11::bytea[], $12::text[], $13::bigint[], $14::timestamptz[], $15::timestamptz[], $16::text[])
		on conflict (id) do update set version = excluded.version, state = excluded.state, closed_by = excluded.closed_by
		where engine_dead_letters.version = excluded.version - 1`,
	Args: func(rows []Row[deadLetter]) []any {
		pick := func(of func(Row[deadLetter]) string) []string { return column(rows, of) }
		return []any{
			pick(func(r Row[deadLetter]) string { return r.ID }),
			column(rows, func(r Row[deadLetter]) int64 { return r.Version }),
			column(rows, func(r Row[deadLetter]) int64 { return r.Sequence }),
			pick(func(r Row[deadLetter]) string { return r.State.State }),
			pick(func(r Row[deadLetter]) string { return r.State.Source }),
			pick(func(r Row[deadLetter]) string { return r.State.Subject }),
			pick(func(r Row[deadLetter]) string { return r.State.Order }),
			pick(func(r Row[deadLetter]) string { return r.State.Code }),
			pick(func(r Row[deadLetter]) string { return r.State.Message }),
			column(rows, func(r Row[deadLetter]) []byte { return notNull(r.State.Headers) }),
			column(rows, func(r Row[deadLetter]) []byte { return notNull(r.State.Payload) }),
			pick(func(r Row[deadLetter]) string { return r.State.Stream }),
			column(rows, func(r Row[deadLetter]) int64 { return r.State.StreamSeq }),
			column(rows, func(r Row[deadLetter]) time.Time { return r.State.StoredAt }),
			column(rows, func(r Row[deadLetter]) time.Time { return r.State.CreatedAt }),
			pick(func(r Row[deadLetter]) string { return r.State.ClosedBy }),
		}
	},
}

// column is one array argument of an upsert.
func column[S, V any](rows []Row[S], of func(Row[S]) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out
}

// letter is the dead letter that a message becomes, if it becomes one: the same each time it is delivered.
func (r *rawMessage) letter() Ref {
	name := fmt.Sprint(r.stream, "\x00", r.seq, "\x00", r.stored.UnixNano(), "\x00", r.subject)
	return Ref{letterKind, uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)).String()}
}

// bury puts a message aside, with a notice so that the book can show it. One that
// was put aside before is left as it is.
func (e *Engine) bury(ws *workset, in *Input, f *fault.Error) {
	ref := in.raw.letter()
	if before, ok := ws.entries[ref]; ok && before.state != nil {
		return
	}
	headers, err := json.Marshal(in.raw.header)
	if err != nil { // a map of strings always encodes
		headers = []byte("{}")
	}
	order := storable(in.Meta.Order)
	l := deadLetter{
		State: "open", Source: storable(in.Meta.Service), Subject: storable(in.raw.subject), Order: order,
		Code: storable(f.Code), Message: storable(f.Message),
		Headers: headers, Payload: in.raw.data, Stream: in.raw.stream, StreamSeq: int64(in.raw.seq), StoredAt: in.raw.stored, CreatedAt: ws.now,
	}
	id := ref.ID
	t := &Turn{Input: in, Now: ws.now, set: ws}
	ws.entries[ref] = &entry{ref: ref}
	Put(t, ref, l)
	e.notice(t, id, l, nil)
	events, err := e.encode(ws, t)
	if err != nil {
		e.log.Error("a dead letter has no notice", "id", id, "error", err)
	}
	t.After(func() {
		e.log.Error("an input is put aside as a dead letter", "input", in.Name, "id", in.Meta.ID, "code", f.Code, "error", f)
		e.metrics.dead.Inc()
	})
	ws.apply(t, events)
}

// mostOrder bounds what a notice tells of an order's id, in bytes. A true one has 36; what a stranger says must fit the
// broker's limit too.
const mostOrder = 1024

// notice tells the book of a letter that was put aside or closed, each once and under an id of its own.
func (e *Engine) notice(t *Turn, id string, l deadLetter, closedBy *orderv1.Person) {
	order := strings.ToValidUTF8(l.Order[:min(len(l.Order), mostOrder)], "")
	m := &eventv1.DeadLetter{
		Service: string(e.spec.Service), Id: id, OrderId: order, Subject: l.Subject, Code: l.Code, Message: l.Message, By: closedBy,
	}
	name := string(e.spec.Service) + ".dead." + id
	if l.State != "open" {
		m.State = l.State
		name += "." + l.State
	}
	t.Note(name, contract.DeadSubject(e.spec.Service), contract.DeadLetterType, order, m)
}

// storable is a sender's text as the database can hold it: a letter that cannot be
// stored could not be put aside.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// OpsQueries are the queries that every service answers to its operators.
func (e *Engine) OpsQueries() []rpc.Query {
	return []rpc.Query{{Method: contract.ListDeadLetters(e.spec.Service), Handle: e.listLetters}}
}

// OpsCommand answers the operators' commands.
func (e *Engine) OpsCommand(ctx context.Context, req proto.Message, meta rpc.Meta) (proto.Message, error) {
	if meta.Caller.Role != orderv1.Role_ROLE_ADMIN {
		return nil, fault.New(fault.Forbidden, "admins_only", "Only admins may handle dead letters.")
	}
	switch r := req.(type) {
	case *opsv1.ReplayDeadLetterRequest:
		return e.replay(ctx, r.GetId(), meta)
	case *opsv1.DiscardDeadLetterRequest:
		return e.await(ctx, e.closing(r.GetId(), "discarded", meta, nil))
	}
	return nil, fault.New(fault.NotFound, "no_such_command", "There is no such command.")
}

// closing is the command that takes an open letter to its end, after the decision
// of what it holds, if that is asked for.
func (e *Engine) closing(id, state string, meta rpc.Meta, first *Input) *Input {
	ref := Ref{letterKind, id}
	in := &Input{Source: FromCommand, Name: "dead_letter_" + state, Meta: Meta{Caller: meta.Caller}}
	if first != nil {
		*in = *first
		in.letter = &deadLetter{}
	}
	in.Refs = append(in.Refs, ref) // behind the decision's own, which it may count on
	decide := in.decide
	in.decide = func(t *Turn) error {
		l, ok := Get[deadLetter](t, ref)
		if !ok {
			return fault.New(fault.NotFound, "no_such_letter", "There is no such dead letter.")
		}
		if l.State != "open" {
			return fault.New(fault.Conflict, "letter_closed", "This dead letter was "+l.State+" by "+l.ClosedBy+".")
		}
		if decide != nil {
			if err := decide(t); err != nil {
				return err
			}
		}
		l.State, l.ClosedBy = state, storable(cmp.Or(meta.Caller.Name, meta.Caller.Email, meta.Caller.Subject))
		Put(t, ref, l)
		e.notice(t, id, l, meta.Caller.Person())
		rec := letterRecord(id, l)
		if state == "replayed" {
			t.Reply(&opsv1.ReplayDeadLetterResponse{Letter: rec})
		} else {
			t.Reply(&opsv1.DiscardDeadLetterResponse{Letter: rec})
		}
		return nil
	}
	return in
}

func (e *Engine) replay(ctx context.Context, id string, meta rpc.Meta) (proto.Message, error) {
	qctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: dead letter timeout"))
	defer cancel()
	rows, err := e.pool.Query(qctx, `select `+letterColumns+` from engine_dead_letters where id = $1`, id)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "database", "The database does not answer.").Because(err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) (Row[deadLetter], error) { return scanLetter(rows) })
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "no_such_letter", "There is no such dead letter.")
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "database", "The database does not answer.").Because(err)
	}
	l := row.State
	raw := &rawMessage{subject: l.Subject, data: l.Payload, stream: l.Stream, seq: uint64(l.StreamSeq), stored: l.StoredAt}
	if err := json.Unmarshal(l.Headers, &raw.header); err != nil {
		return nil, fmt.Errorf("read a dead letter's headers: %w", err)
	}
	return e.await(ctx, e.closing(id, "replayed", meta, e.inputOf(raw)))
}

func (e *Engine) listLetters(ctx context.Context, req proto.Message, meta rpc.Meta) (proto.Message, error) {
	if meta.Caller.Role != orderv1.Role_ROLE_ADMIN {
		return nil, fault.New(fault.Forbidden, "admins_only", "Only admins may see dead letters.")
	}
	r := req.(*opsv1.ListDeadLettersRequest)
	limit := int(r.GetLimit())
	if limit == 0 {
		limit = 50
	}
	rows, err := e.pool.Query(ctx, `select `+letterColumns+` from engine_dead_letters
		where ($1 or state = 'open') and ($2 = '' or code = $2) order by created_at desc limit $3`, r.GetAll(), r.GetCode(), limit)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "database", "The database does not answer.").Because(err)
	}
	out := &opsv1.ListDeadLettersResponse{}
	for rows.Next() {
		row, err := scanLetter(rows)
		if err != nil {
			rows.Close()
			return nil, err
		}
		out.Letters = append(out.Letters, letterRecord(row.ID, row.State))
	}
	return out, rows.Err()
}

func letterRecord(id string, l deadLetter) *opsv1.DeadLetterRecord {
	return &opsv1.DeadLetterRecord{
		Id: id, OrderId: l.Order, Subject: l.Subject, Code: l.Code, Message: l.Message,
		CreatedAt: timestamppb.New(l.CreatedAt), State: l.State,
	}
}
