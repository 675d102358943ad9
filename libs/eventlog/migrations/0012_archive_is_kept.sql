-- A slip is of a body that its block has: whoever puts bodies away has not noted the block as slipped yet, and compares
-- before. From then on the block takes nobody else's body out of the table, though its range of places covers it.
create or replace function keep_what_was_recorded() returns trigger
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
                    and new.position between first_position and last_position and not slipped
            ) then
                return new;
            end if;
            raise exception 'events are never changed: no block of the archive takes % of shard %',
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

-- Where bodies are is not forgotten: a slip without its block leads nowhere.
create trigger archive_segment_is_kept
    before delete or truncate on archive_segment
    for each statement execute function refuse_change();
create trigger archive_block_is_kept
    before delete or truncate on archive_block
    for each statement execute function refuse_change();
