-- What is compared with the vendor's records, what it has shown, and the vendor's webhooks.
-- +goose Up

-- Whose order it is; null only for a cancellation that came before its order. It never changes, so that the index costs an
-- order's way one entry.
alter table orders add column customer uuid;
create index orders_customer on orders (customer);

-- The customer again while the order waits for what a webhook may tell of; null on the shortest way through.
alter table orders add column listens_for uuid;
create index orders_listening on orders (listens_for) where listens_for is not null;

-- How far the comparison is: the row 'all' is the round, each other one a customer who is to be looked at a second time.
create table reconciliations (
    id       text primary key,
    due_at   timestamptz,
    -- the last customer that the round under way is done with
    after    uuid,
    version  bigint not null,
    sequence bigint not null,
    body     bytea not null
);
create index reconciliations_due on reconciliations (due_at) where due_at is not null;

create table findings (
    id           uuid primary key,
    kind         text not null check (kind in ('unknown_purchase', 'missing_purchase', 'wrong_state')),
    customer     uuid not null,
    -- the vendor's ids and our order's, empty where there is none
    vendor_order text not null,
    subscription text not null,
    order_id     text not null,
    essence      text not null,
    stage        text not null check (stage in ('suspected', 'open', 'gone', 'closed')),
    detail       text not null,
    hint         text not null,
    seen_at      timestamptz not null,
    found_at     timestamptz,
    closed_at    timestamptz,
    -- who closed it, as JSON; empty if nobody did
    closed_by    bytea not null,
    note         text not null,
    version      bigint not null,
    sequence     bigint not null,
    check ((stage in ('gone', 'closed')) = (closed_at is not null)),
    check (stage not in ('open', 'closed') or found_at is not null)
);
create index findings_standing on findings (customer) where stage in ('suspected', 'open');
create index findings_found on findings (found_at desc) where found_at is not null;

-- Events that the vendor has sent, kept for 14 days so that a repeat is known.
create table webhook_events (
    id          text primary key,
    name        text not null,
    resource    text not null,
    changed     text not null,
    received_at timestamptz not null,
    version     bigint not null,
    sequence    bigint not null
);
create index webhook_events_age on webhook_events (received_at);

-- +goose Down
drop table webhook_events, findings, reconciliations;
alter table orders drop column customer, drop column listens_for;
