-- Who has looked at the history of a person or a claim, when and why: kept for ever, like the history itself.
create table reading (
    id      bigint generated always as identity primary key,
    read_at timestamptz not null,
    reader  text        not null,
    about   text        not null,
    what    text        not null,
    why     text        not null
);
create index reading_about on reading (about, id);

create function refuse_change_of_readings() returns trigger language plpgsql as $$
begin
    raise exception 'readings are never changed: % on %', tg_op, tg_table_name;
end $$;

create trigger reading_is_append_only
    before update or delete or truncate on reading
    for each statement execute function refuse_change_of_readings();
