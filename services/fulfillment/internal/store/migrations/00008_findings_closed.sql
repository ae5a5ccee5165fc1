-- A finding that a person has closed is looked at too, so that it can come again once it has been otherwise in between.
-- +goose Up
drop index findings_standing;
create index findings_standing on findings (customer) where stage in ('suspected', 'open', 'closed');

-- +goose Down
drop index findings_standing;
create index findings_standing on findings (customer) where stage in ('suspected', 'open');
