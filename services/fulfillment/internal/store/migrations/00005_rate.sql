-- How many requests the vendor has been sent: one row per partner account and resource, shared by all replicas.
-- +goose Up

create table budgets (
    account       text not null,
    resource      text not null,
    -- when all tokens given so far would be used up at the steady rate
    used_until    timestamptz not null default '-infinity',
    -- the vendor has asked for silence until then
    blocked_until timestamptz not null default '-infinity',
    -- what the last lease took
    leased        integer not null default 0,
    primary key (account, resource)
) with (fillfactor = 50);

-- +goose Down
drop table budgets;
