-- Notification's own table: one delivery per event, recipient and channel.
-- +goose Up

-- There is no timer and no numbered event here, so neither a due time nor a sequence: an attempt that is to be made later
-- is a planned call of the engine. Nothing that changes is indexed, so an update stays on its page.
create table deliveries (
    -- begins as the order's id does, so that this index also finds the deliveries of an order
    id         uuid primary key,
    version    bigint not null,
    status     text not null check (status in ('queued', 'sent', 'failed')),
    order_id   uuid not null,
    -- the id of the event that tells
    cause      text not null,
    kind       text not null,
    channel    text not null check (channel in ('email')),
    recipient  text not null check (recipient <> ''),
    -- how often it was tried, attempts without a known end included
    attempts   integer not null check (attempts >= 0),
    -- why the last attempt did not succeed; empty when it did
    error      text not null,
    queued_at  timestamptz not null,
    updated_at timestamptz not null,
    check (status <> 'sent' or (attempts > 0 and error = '')),
    check (status <> 'failed' or (attempts > 0 and error <> '')),
    check (attempts > 0 or error = '')
) with (fillfactor = 45);

-- +goose Down
drop table deliveries;
