-- Intake's own tables: the order record, the order book, the timeline, the numbers.
-- +goose Up

-- The order as it was taken. Written once, with its first row in the book.
create table orders (
    id        uuid primary key,
    number    text collate "C" not null unique,
    tenant_id uuid not null,
    customer  text not null,
    reference text not null,
    -- the whole Order
    body      bytea not null
);
-- One customer's orders, newest first: ids are UUIDv7, so they sort by time.
create index orders_tenant on orders (tenant_id, id);

-- What has become of it. Small and changed often, so it stands apart, with room on its pages for the next versions.
create table book (
    id              uuid primary key,
    version         bigint not null,
    sequence        bigint not null,
    due_at          timestamptz,
    -- the closed set, or the number of a word that a newer service has and this one does not know
    status          text not null check (status in ('draft', 'received', 'awaiting_approval', 'scheduled', 'processing',
                        'waiting_on_vendor', 'outcome_unknown', 'failed', 'completed_with_errors', 'completed', 'rejected',
                        'expired', 'cancelled', 'deleted') or status ~ '^status_[0-9]+$'),
    -- the foremost owner heard from
    owner           text not null check (owner in ('intake', 'approval', 'fulfillment')),
    approval_seq    bigint not null,
    fulfillment_seq bigint not null,
    placed_at       timestamptz not null,
    -- when the event was decided whose view is shown
    shown_at        timestamptz not null,
    finished_at     timestamptz,
    -- dead letters about the order that nobody has closed
    open_letters    integer not null check (open_letters >= 0),
    -- the View that is shown
    view            bytea not null,
    check ((finished_at is not null) = (status in ('completed', 'rejected', 'expired', 'cancelled', 'deleted')))
) with (fillfactor = 45);
-- An order leaves this index once, when it ends; a change of status in between does not touch it.
create index book_open on book (id) where finished_at is null;
create index book_finished on book (finished_at) where finished_at is not null;

-- Everything that happened after placing: a set, keyed by order, owner and that owner's sequence (or the event's id if it
-- has none). Placing itself is told by the order record.
create table timeline (
    -- <order>/<owner>/<sequence>
    id   text collate "C" primary key,
    -- a TimelineEntry
    body bytea not null
);

-- +goose StatementBegin
-- Draws n order numbers of the current year by the database's clock. The year's sequence is made when it is missing.
-- Numbers that are drawn and not used leave gaps.
create function draw_order_numbers(n integer) returns table (drawn_year integer, drawn bigint) language plpgsql as $$
declare
    y   integer := extract(year from clock_timestamp() at time zone 'UTC');
    seq regclass := to_regclass('order_numbers_' || y);
begin
    if seq is null then
        perform pg_advisory_xact_lock(hashtext('seatflow order numbers'));
        execute format('create sequence if not exists %I', 'order_numbers_' || y);
        seq := to_regclass('order_numbers_' || y);
    end if;
    return query select y, nextval(seq) from generate_series(1, n);
end $$;
-- +goose StatementEnd

-- +goose Down
drop function draw_order_numbers;
drop table timeline, book, orders;
