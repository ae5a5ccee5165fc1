-- Whose turn it is to change the seats of a subscription: of all orders about it, only the holder sends changes.
-- +goose Up

create table subscriptions (
    id       text primary key,
    -- the order's id; empty while nobody changes it
    holder   text not null,
    version  bigint not null,
    sequence bigint not null
) with (fillfactor = 80);

-- +goose Down
drop table subscriptions;
