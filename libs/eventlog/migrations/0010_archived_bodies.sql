-- Bodies of closed claims may lie in an archive beside the database: the row stays, and has a slip where its body was,
-- a zero byte (no body begins so) and the number of the block that has it.
create table archive_segment (
    segment     bigint      generated always as identity primary key,
    digest      bytea       not null unique,
    directory   text        not null,
    shard       integer     not null,
    events      integer     not null,
    bytes       bigint      not null,
    body_bytes  bigint      not null,
    root        bytea       not null,
    run_id      text        not null,
    archived_at timestamptz not null
);

-- `slipped`: the bodies are out of the table. A run that was killed goes on with the blocks of which they are not.
create table archive_block (
    block          bigint  generated always as identity primary key,
    segment        bigint  not null references archive_segment,
    begins_at      bigint  not null,
    bytes          integer not null,
    digest         bytea   not null,
    events         integer not null,
    first_position bigint  not null,
    last_position  bigint  not null,
    slipped        boolean not null default false
);
create index archive_block_of_segment on archive_block (segment);

-- An event's hash after `previous`, as `hash_chain.py` says it.
create function event_hash(previous bytea, source text, recorded event) returns bytea
language sql stable set search_path from current as $$
    select sha256(previous || string_agg(int4send(length(field)) || field, ''::bytea order by place))
    from unnest(array[
        convert_to(source, 'UTF8'),
        convert_to(recorded.shard::text, 'UTF8'),
        convert_to(recorded.position::text, 'UTF8'),
        convert_to(recorded.stream_id, 'UTF8'),
        convert_to(recorded.version::text, 'UTF8'),
        convert_to(recorded.event_id::text, 'UTF8'),
        convert_to(recorded.type, 'UTF8'),
        convert_to(recorded.schema_version::text, 'UTF8'),
        convert_to(recorded.subject, 'UTF8'),
        convert_to(to_char(recorded.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), 'UTF8'),
        convert_to(coalesce(recorded.caused_by::text, ''), 'UTF8'),
        convert_to(coalesce(recorded.traceparent, ''), 'UTF8'),
        recorded.body
    ]) with ordinality as fields (field, place)
$$;

-- Two changes of an event are none: its body goes for a slip of a block that covers its place, and it comes back when it is,
-- by its hash, the one that was recorded. Everything else is refused as ever.
create function keep_what_was_recorded() returns trigger
language plpgsql set search_path from current as $$
declare
    previous bytea;
begin
    if tg_op = 'UPDATE'
        and (new.shard, new.position, new.stream_id, new.version, new.event_id, new.type, new.schema_version,
             new.subject, new.recorded_at, new.hash)
          = (old.shard, old.position, old.stream_id, old.version, old.event_id, old.type, old.schema_version,
             old.subject, old.recorded_at, old.hash)
        and (new.caused_by, new.traceparent) is not distinct from (old.caused_by, old.traceparent)
    then
        if substr(old.body, 1, 1) <> '\x00' and substr(new.body, 1, 1) = '\x00' then
            if exists (
                select from archive_block join archive_segment using (segment)
                where block = convert_from(substr(new.body, 2), 'UTF8')::bigint and shard = new.shard
                    and new.position between first_position and last_position
            ) then
                return new;
            end if;
            raise exception 'events are never changed: no block of the archive covers % of shard %',
                new.position, new.shard;
        elsif substr(old.body, 1, 1) = '\x00' then
            previous := coalesce(
                (select hash from event where shard = new.shard and position = new.position - 1),
                decode(repeat('00', 32), 'hex')
            );
            if event_hash(previous, tg_table_schema, new) = new.hash then
                return new;
            end if;
            raise exception 'events are never changed: this is not the body that was recorded at % of shard %',
                new.position, new.shard;
        end if;
    end if;
    raise exception 'events are never changed: % on %', tg_op, tg_table_name;
end $$;

drop trigger event_is_append_only on event;
create trigger event_is_append_only
    before update or delete on event
    for each row execute function keep_what_was_recorded();
create trigger event_is_never_truncated
    before truncate on event
    for each statement execute function refuse_change();
