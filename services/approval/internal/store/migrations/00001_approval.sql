-- Approval's own tables: one request per order, the customers that had an order granted, the rules.
-- +goose Up

-- The state and what the decision needs; one upsert per batch writes it.
create table requests (
    id           uuid primary key,
    version      bigint not null,
    sequence     bigint not null,
    -- when a waiting request expires
    due_at       timestamptz,
    status       text not null check (status in ('awaiting_approval', 'granted', 'rejected', 'expired', 'withdrawn')),
    -- null: a tombstone, cancelled before the order arrived
    tenant_id    uuid,
    fingerprint  text not null,
    requested_at timestamptz,
    expires_at   timestamptz,
    -- the order and its reasons, as an ApprovalRequested; empty when it was granted at once, since its event has it all
    request      bytea not null,
    -- who ended it, as a Decision; empty while it waits and when it expired
    decision     bytea not null,
    check ((tenant_id is null) = (requested_at is null)),
    check (tenant_id is not null or status = 'withdrawn'),
    check ((status = 'awaiting_approval') = (due_at is not null)),
    check (status <> 'awaiting_approval' or length(request) > 0),
    check (status not in ('granted', 'rejected', 'withdrawn') or length(decision) > 0)
) with (fillfactor = 80);

-- What waits, for the timer and the gauges; nothing else is in it.
create index requests_due on requests (due_at) where due_at is not null;

-- Customers with a granted order. A row is written with the first grant and never changed,
-- so orders of one customer do not wait for one another.
create table customers (
    tenant_id   uuid primary key,
    first_order uuid not null,
    granted_at  timestamptz not null
);

create table rules (
    name      text primary key check (name in ('amount_over', 'first_order', 'requester_not_admin')),
    version   bigint not null,
    active    boolean not null,
    threshold numeric(16, 4) check (threshold >= 0),
    check ((name = 'amount_over') = (threshold is not null))
);
insert into rules (name, version, active, threshold) values
    ('amount_over', 1, true, 10000.00),
    ('first_order', 1, true, null),
    ('requester_not_admin', 1, false, null);

-- +goose Down
drop table rules, customers, requests;
