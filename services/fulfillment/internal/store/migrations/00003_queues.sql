-- Whoever wants to change a subscription, or to cancel a purchase, waits in the order of arrival; the first one does it. This
-- takes the place of the holder, which a row from before it keeps as the first one.
-- +goose Up

-- [{"o": order's id, "n": its number}, …]
alter table subscriptions add column waiting jsonb not null default '[]';
update subscriptions set waiting = jsonb_build_array(jsonb_build_object('o', holder)) where holder <> '';
alter table subscriptions alter column holder set default '';

-- +goose Down
alter table subscriptions alter column holder drop default;
alter table subscriptions drop column waiting;
