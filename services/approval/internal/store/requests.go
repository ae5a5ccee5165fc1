package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// RequestKind is the kind of the requests' references; their id is the order's.
const RequestKind = "request"

// Requests is the table of requests.
var Requests = engine.Table[domain.Request]{
	Kind: RequestKind,
	Select: `select id::text, version, sequence, due_at, status, tenant_id::text, fingerprint, requested_at, expires_at, request, decision
		from requests where id = any($1::text[]::uuid[])`,
	Scan:   scanRequest,
	Upsert: upsertRequests,
	Args:   requestArgs,
	SelectDue: `select id::text from requests where due_at <= clock_timestamp() and due_at is not null
		order by due_at limit $1`,
	NextDue: `select min(due_at) from requests where due_at is not null`,
}

// upsertRequests writes customers only for first grants, sorted, so that two batches
// never wait for each other in a circle.
const upsertRequests = `
with sent as (
	select * from unnest($1::text[]::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[]::uuid[],
		$7::text[], $8::timestamptz[], $9::timestamptz[], $10::bytea[], $11::bytea[], $12::boolean[], $13::timestamptz[])
		as r (id, version, sequence, due_at, status, tenant_id, fingerprint, requested_at, expires_at, request, decision, first_grant, decided_at)
), known as (
	insert into customers (tenant_id, first_order, granted_at)
	select distinct on (tenant_id) tenant_id, id, decided_at from sent where first_grant order by tenant_id, id
	on conflict (tenant_id) do nothing
)
insert into requests (id, version, sequence, due_at, status, tenant_id, fingerprint, requested_at, expires_at, request, decision)
select id, version, sequence, due_at, status, tenant_id, fingerprint, requested_at, expires_at, request, decision from sent
on conflict (id) do update set version = excluded.version, sequence = excluded.sequence, due_at = excluded.due_at,
	status = excluded.status, tenant_id = excluded.tenant_id, fingerprint = excluded.fingerprint,
	requested_at = excluded.requested_at, expires_at = excluded.expires_at, request = excluded.request, decision = excluded.decision
where requests.version = excluded.version - 1`

func requestArgs(rows []engine.Row[domain.Request]) []any {
	n := len(rows)
	ids, versions, sequences, dues := make([]string, n), make([]int64, n), make([]int64, n), make([]*time.Time, n)
	states, tenants, prints := make([]string, n), make([]*string, n), make([]string, n)
	requested, expires := make([]*time.Time, n), make([]*time.Time, n)
	bodies, decisions := make([][]byte, n), make([][]byte, n)
	first, decided := make([]bool, n), make([]*time.Time, n)
	for i, r := range rows {
		s := r.State
		ids[i], versions[i], sequences[i], dues[i] = r.ID, r.Version, r.Sequence, engine.NullTime(r.Due)
		states[i], prints[i] = s.State.String(), s.Fingerprint
		if s.Arrived {
			tenants[i] = &s.Tenant
		}
		requested[i], expires[i] = nullable(s.RequestedAt), nullable(s.ExpiresAt)
		bodies[i], decisions[i] = encodeRequest(s), encodeDecision(s.Decision)
		first[i], decided[i] = s.FirstGrant, nullable(s.Decision.At)
	}
	return []any{ids, versions, sequences, dues, states, tenants, prints, requested, expires, bodies, decisions, first, decided}
}

// encodeRequest keeps the order of a request that a person had to look at.
func encodeRequest(s domain.Request) []byte {
	if s.Order == nil || s.Decision.Automatic {
		return []byte{}
	}
	m := &eventv1.ApprovalRequested{Order: s.Order}
	for _, r := range s.Reasons {
		m.Reasons = append(m.Reasons, &eventv1.Reason{Rule: r.Rule, Sentence: r.Sentence})
	}
	return encode(m)
}

func encodeDecision(d domain.Decision) []byte {
	if d.At.IsZero() {
		return []byte{}
	}
	return encode(&eventv1.Decision{By: d.By, At: timestamppb.New(d.At), Note: d.Note, Automatic: d.Automatic})
}

// encode cannot fail: what is stored here was read from a message or checked as text before.
func encode(m proto.Message) []byte {
	data, err := proto.MarshalOptions{}.MarshalAppend([]byte{}, m)
	if err != nil {
		panic(fmt.Errorf("approval: encode %T: %w", m, err))
	}
	return data
}

func scanRequest(rows pgx.Rows) (engine.Row[domain.Request], error) {
	var r engine.Row[domain.Request]
	var due, requested, expires *time.Time
	var tenant *string
	var status string
	var body, decision []byte
	err := rows.Scan(&r.ID, &r.Version, &r.Sequence, &due, &status, &tenant, &r.State.Fingerprint, &requested, &expires, &body, &decision)
	if err != nil {
		return r, err
	}
	r.Due, r.State.RequestedAt, r.State.ExpiresAt = value(due), value(requested), value(expires)
	r.State.State, _ = domain.ParseState(status) // the CHECK knows the same words
	if tenant != nil {
		r.State.Arrived, r.State.Tenant = true, *tenant
	}
	if err := decodeRequest(body, &r.State); err != nil {
		return r, fmt.Errorf("request of order %s: %w", r.ID, err)
	}
	if r.State.Decision, err = decodeDecision(decision); err != nil {
		return r, fmt.Errorf("decision on order %s: %w", r.ID, err)
	}
	return r, nil
}

func decodeRequest(body []byte, into *domain.Request) error {
	if len(body) == 0 {
		return nil
	}
	var m eventv1.ApprovalRequested
	if err := proto.Unmarshal(body, &m); err != nil {
		return err
	}
	into.Order = m.GetOrder()
	for _, r := range m.GetReasons() {
		into.Reasons = append(into.Reasons, domain.Reason{Rule: r.GetRule(), Sentence: r.GetSentence()})
	}
	return nil
}

func decodeDecision(body []byte) (domain.Decision, error) {
	if len(body) == 0 {
		return domain.Decision{}, nil
	}
	var m eventv1.Decision
	if err := proto.Unmarshal(body, &m); err != nil {
		return domain.Decision{}, err
	}
	return domain.Decision{By: m.GetBy(), At: m.GetAt().AsTime(), Note: m.GetNote(), Automatic: m.GetAutomatic()}, nil
}
