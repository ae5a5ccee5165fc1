-- When a lost message was journalled is kept beside it; house-keeping holds nobody up.
-- +goose Up

-- when the journal took stream_event: from a little before then on the stream is compared with it, should the event be gone
alter table engine_writers add column stream_at timestamptz;

-- Making and dropping a day locks the whole journal: while somebody reads it for long, a backup say, every commit would stand
-- behind this. There are two days' time.
alter function engine_journal_days(interval) set lock_timeout = '100ms';

-- +goose Down
alter function engine_journal_days(interval) reset lock_timeout;
alter table engine_writers drop column stream_at;
