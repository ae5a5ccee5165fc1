-- When a lost message was journalled is kept beside it; house-keeping holds nobody up.
-- +goose Up

-- when the journal took stream_event: from a little before then on the stream is compared with it, should the event be gone
alter table engine_writers add column stream_at timestamptz;

-- +goose StatementBegin
create or replace function engine_journal_days(keep interval) returns void language plpgsql as $$
declare
    today date := (now() at time zone 'UTC')::date;
    d date;
    part text;
    missing boolean;
begin
    -- Making and dropping a day locks the whole journal: while somebody reads it for long, a backup say, every commit would
    -- stand behind this. There are two days' time.
    perform set_config('lock_timeout', '100ms', true);
    -- One day that cannot be made or dropped now must not keep the others from it.
    for d in select generate_series(today, today + 2, interval '1 day')::date loop
        part := 'engine_journal_' || to_char(d, 'YYYYMMDD');
        if to_regclass(part) is null then
            begin
                execute format('create table %I partition of engine_journal for values from (%L) to (%L)', part,
                    d::timestamp at time zone 'UTC', (d + 1)::timestamp at time zone 'UTC');
            exception when others then
                raise warning 'journal day % is not made: %', d, sqlerrm;
            end;
        end if;
    end loop;
    -- A day goes only when all its rows have been acknowledged by the stream.
    for part, d in
        select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'engine_journal'::regclass and c.relname ~ '^engine_journal_[0-9]{8}$'
    loop
        if (d + 1)::timestamp at time zone 'UTC' < now() - keep then
            begin
                execute format('select exists (select from %I j left join engine_writers w on w.id = j.writer where w.id is not null and j.seq > w.published)', part) into missing;
                if not missing then
                    execute format('drop table %I', part);
                end if;
            exception when others then
                raise warning 'journal day % is not dropped: %', d, sqlerrm;
            end;
        end if;
    end loop;
end $$;
-- +goose StatementEnd

-- +goose Down
alter table engine_writers drop column stream_at;
