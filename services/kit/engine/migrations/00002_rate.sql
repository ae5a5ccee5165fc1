-- Calls to what counts requests outside wait in lanes; what changes something outside can be paused.
-- +goose Up

-- resource: whose tokens the call needs, empty for none. lane: in whose name it is made, a customer. changes: it waits
-- while submissions are paused. Rows of earlier versions are brought into their lanes when an engine with a budget starts.
alter table engine_calls
    add column resource text not null default '',
    add column lane     text not null default '',
    add column changes  boolean not null default false;

drop index engine_calls_planned;
create index engine_calls_planned on engine_calls (priority, due_at) where state = 'planned' and resource = '';
create index engine_calls_lane on engine_calls (resource, priority, lane, changes, due_at) where state = 'planned' and resource <> '';

-- One row for each customer with calls waiting for a resource, by urgency. served_at: whose turn it is. due_at: never later
-- than the first planned call of the lane; whoever plans one moves it forward, which waits for a claim of the lane.
create table engine_lanes (
    resource  text not null,
    priority  smallint not null,
    lane      text not null,
    changes   boolean not null,
    served_at timestamptz not null default '-infinity',
    due_at    timestamptz not null,
    primary key (resource, priority, lane, changes)
) with (fillfactor = 70);
create index engine_lanes_turn on engine_lanes (resource, priority, served_at, due_at, changes) where due_at < 'infinity';

-- The switch that holds back all calls that change something outside. It has one row, or none if it was never touched.
create table engine_pause (
    id       text primary key check (id = 'submissions'),
    version  bigint not null,
    sequence bigint not null,
    paused   boolean not null,
    reason   text not null,
    -- who set it, as the service encodes it
    set_by   bytea not null,
    set_at   timestamptz not null
);

-- +goose StatementBegin
-- Claims up to so many due calls of one resource for a writer: the most urgent first, of these the lane served longest
-- ago, of its calls the first. After seven others the next is a poll, if one waits; since says how many others there were.
-- A lane is locked first and read in a later statement, so it shows every call whose planning has committed.
create function engine_claim(me bigint, my_epoch bigint, send interval, known text[], asked text, most int, since int, poll smallint)
returns setof engine_calls language plpgsql as $$
declare
    paused boolean;
    l engine_lanes;
    c engine_calls;
    served int := 0;
    next_due timestamptz;
begin
    perform from engine_writers where id = me and epoch = my_epoch and retired_at is null for update;
    if not found then
        return;
    end if;
    select exists (select from engine_pause p where p.id = 'submissions' and p.paused) into paused;
    for tries in 1 .. most + 16 loop
        exit when served = most;
        l := null;
        if since >= 7 then
            select * into l from engine_lanes e where e.resource = asked and e.priority = poll and e.due_at < 'infinity'
                and e.due_at <= statement_timestamp() and not (e.changes and paused)
                order by e.served_at limit 1 for update skip locked;
        end if;
        if l.lane is null then
            select * into l from engine_lanes e where e.resource = asked and e.due_at < 'infinity'
                and e.due_at <= statement_timestamp() and not (e.changes and paused)
                order by e.priority, e.served_at limit 1 for update skip locked;
        end if;
        exit when l.lane is null;
        select * into c from engine_calls k where k.state = 'planned' and k.resource <> '' and k.resource = l.resource and k.priority = l.priority
            and k.lane = l.lane and k.changes = l.changes and k.due_at <= statement_timestamp() and k.operation = any(known)
            order by k.due_at limit 1 for update skip locked;
        if c.id is not null then
            update engine_calls k set state = 'claimed', writer = me, attempt = k.attempt + 1, send_before = clock_timestamp() + send
                where k.id = c.id returning * into c;
            return next c;
            served := served + 1;
            since := case when l.priority = poll then 0 else since + 1 end;
        end if;
        select min(k.due_at) into next_due from engine_calls k where k.state = 'planned' and k.resource <> '' and k.resource = l.resource
            and k.priority = l.priority and k.lane = l.lane and k.changes = l.changes;
        -- A lane with nothing to take although something is due (held by another transaction, or of a newer version) rests a moment.
        update engine_lanes e set
            served_at = case when c.id is null then e.served_at else clock_timestamp() end,
            due_at = case when next_due is null then 'infinity' when c.id is null then greatest(next_due, clock_timestamp() + interval '200 milliseconds')
                else next_due end
            where e.resource = l.resource and e.priority = l.priority and e.lane = l.lane and e.changes = l.changes;
    end loop;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function engine_claim;
drop table engine_pause, engine_lanes;
drop index engine_calls_planned, engine_calls_lane;
alter table engine_calls drop column resource, drop column lane, drop column changes;
create index engine_calls_planned on engine_calls (priority, due_at) where state = 'planned';
