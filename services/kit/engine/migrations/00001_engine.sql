-- The engine's own tables, the same in each service's database.
-- +goose Up

-- One row per worker process. Its epoch fences: a commit, a claim or a renewal
-- counts only while the row still has the epoch that the process knows.
create table engine_writers (
    id             bigint generated always as identity primary key,
    epoch          bigint not null default 1,
    -- the last batch committed; tells whether a commit with a lost answer took place
    batch          bigint not null default 0,
    -- journal rows written, and how many of them the stream has acknowledged
    committed      bigint not null default 0,
    published      bigint not null default 0,
    -- the last message that the stream acknowledged: which stream, where, which event
    stream_created timestamptz,
    stream_seq     bigint,
    stream_event   text,
    lease_until    timestamptz not null,
    started_at     timestamptz not null default clock_timestamp(),
    retired_at     timestamptz,
    check (published <= committed)
) with (fillfactor = 50);

-- Every event that this service has decided, in each writer's order. Append-only;
-- whole days are dropped when they are older than the streams could need.
create table engine_journal (
    writer      bigint not null,
    seq         bigint not null,
    created_at  timestamptz not null,
    event_id    text not null,
    subject     text not null,
    type        text not null,
    order_id    text not null,
    sequence    bigint not null,
    traceparent text not null,
    body        bytea not null,
    primary key (writer, seq, created_at)
) partition by range (created_at);

-- Days are made by engine_journal_days; what falls in none of them is kept here.
create table engine_journal_other partition of engine_journal default;
-- for healing; rows come in the order of time, so a block range index finds them and costs the way of an order next to nothing
create index engine_journal_created on engine_journal using brin (created_at);

-- +goose StatementBegin
create function engine_journal_days(keep interval) returns void language plpgsql as $$
declare
    today date := (now() at time zone 'UTC')::date;
    d date;
    part text;
    missing boolean;
begin
    -- One day that cannot be made or dropped now must not keep the others from it.
    for d in select generate_series(today, today + 2, interval '1 day')::date loop
        part := 'engine_journal_' || to_char(d, 'YYYYMMDD');
        if to_regclass(part) is null then
            begin
                execute format('create table %I partition of engine_journal for values from (%L) to (%L)', part,
                    d::timestamp at time zone 'UTC', (d + 1)::timestamp at time zone 'UTC');
            exception when others then
                raise warning 'journal day % is not made: %', d, sqlerrm;
            end;
        end if;
    end loop;
    -- A day goes only when all its rows have been acknowledged by the stream.
    for part, d in
        select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'engine_journal'::regclass and c.relname ~ '^engine_journal_[0-9]{8}$'
    loop
        if (d + 1)::timestamp at time zone 'UTC' < now() - keep then
            begin
                execute format('select exists (select from %I j left join engine_writers w on w.id = j.writer where w.id is not null and j.seq > w.published)', part) into missing;
                if not missing then
                    execute format('drop table %I', part);
                end if;
            exception when others then
                raise warning 'journal day % is not dropped: %', d, sqlerrm;
            end;
        end if;
    end loop;
end $$;
-- +goose StatementEnd

-- What a first use of a key left behind; a repeat is answered from here.
create table engine_keys (
    caller      text not null,
    scope       text not null,
    key         text not null,
    fingerprint bytea not null,
    reply       bytea,
    sequence    bigint not null,
    ref         text not null,
    -- null: kept as long as the order
    expires_at  timestamptz,
    created_at  timestamptz not null,
    constraint engine_keys_pkey primary key (caller, scope, key)
);
create index engine_keys_expiry on engine_keys (expires_at) where expires_at is not null;

-- The intents: each call to the outside, committed before its first byte leaves, for as long as it is open. A call that
-- has come to its end leaves no row: what became of it stands in its aggregate and in the journal, which commit with it.
--   planned -> claimed -> (ended)
--                 |  \-> planned (not a byte was sent)
--                 |-> unknown -> (ended)     (the caller lived, the answer did not come)
--                 \-> lost -> unknown        (the caller died; its successor decides)
--   planned -> (taken back)
create table engine_calls (
    id          text primary key,
    kind        text not null,
    aggregate   text not null,
    order_id    text not null,
    operation   text not null,
    body        bytea not null,
    priority    smallint not null,
    state       text not null check (state in ('planned', 'claimed', 'lost', 'unknown')),
    attempt     integer not null,
    due_at      timestamptz not null,
    writer      bigint,
    send_before timestamptz,
    traceparent text not null,
    created_at  timestamptz not null,
    check ((state in ('claimed', 'lost')) <= (writer is not null and send_before is not null))
);
create index engine_calls_planned on engine_calls (priority, due_at) where state = 'planned';
create index engine_calls_aggregate on engine_calls (aggregate);
create index engine_calls_writer on engine_calls (writer) where state in ('claimed', 'lost');

-- Inputs that can never be processed, put aside whole.
create table engine_dead_letters (
    id         text primary key,
    version    bigint not null,
    sequence   bigint not null,
    state      text not null check (state in ('open', 'replayed', 'discarded')),
    source     text not null,
    subject    text not null,
    order_id   text not null,
    code       text not null,
    message    text not null,
    headers    bytea not null,
    payload    bytea not null,
    stream     text not null,
    stream_seq bigint not null,
    stored_at  timestamptz not null,
    created_at timestamptz not null,
    closed_by  text not null
);
create index engine_dead_letters_open on engine_dead_letters (created_at) where state = 'open';

-- Who checks the stream against the journal, so that replicas do not all do it at once.
create table engine_heal (
    one        boolean primary key default true check (one),
    held_until timestamptz not null
);
insert into engine_heal values (true, '-infinity');

-- +goose Down
drop table engine_heal, engine_dead_letters, engine_calls, engine_keys, engine_journal, engine_writers;
drop function engine_journal_days;
