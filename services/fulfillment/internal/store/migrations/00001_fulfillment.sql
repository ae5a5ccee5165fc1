-- Fulfillment's own table: one row per approved order. Its calls to the vendor are the engine's rows.
-- +goose Up

-- The columns that never change come first and those that change on the shortest way through last; no index
-- and no index condition has one of the latter, so that an update stays on its page and its log record small. Orders that came
-- together are changed together, all of a page in one transaction, so more than half of each page is left for their next versions.
create table orders (
    id            uuid primary key,
    -- the order exactly as approved, an order.v1.Order, written once; null: cancelled before it arrived
    approved      bytea,
    -- when a scheduled order is to be submitted
    due_at        timestamptz,
    -- since when nobody knows what a call has done
    unknown_since timestamptz,
    version       bigint not null,
    sequence      bigint not null,
    status        text not null check (status in ('scheduled', 'processing', 'waiting_on_vendor', 'outcome_unknown',
                                                  'failed', 'completed_with_errors', 'completed', 'cancelled')),
    -- lines, cart and current calls, as JSON
    body          bytea not null,
    check (approved is not null or status = 'cancelled'),
    check ((status = 'scheduled') = (due_at is not null)),
    check ((status = 'outcome_unknown') = (unknown_since is not null))
) with (fillfactor = 45);

create index orders_due on orders (due_at) where due_at is not null;
create index orders_unknown on orders (unknown_since) where unknown_since is not null;

-- +goose Down
drop table orders;
