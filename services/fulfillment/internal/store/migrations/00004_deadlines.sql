-- Until when an order should have moved, so that none stands still unnoticed.
-- +goose Up

-- Null for an order that has come to its end, and for one on its shortest way: that lasts moments, its calls are looked at
-- instead, and the index, which would make each of its updates dearer, has no row of it.
alter table orders add column deadline_at timestamptz;
create index orders_deadline on orders (deadline_at) where deadline_at is not null;
-- orders that are open now get one with their next change; until then this one
update orders set deadline_at = clock_timestamp() + interval '1 day'
where status in ('scheduled', 'processing', 'waiting_on_vendor', 'outcome_unknown');

-- +goose Down
alter table orders drop column deadline_at;
