-- Lock, append and move on in one round trip, where each shard is still where this process believes it to be; else only
-- the locks are taken, and the rows say where the shards are. In shard order, so that two batches over several shards
-- cannot deadlock. `present` counts the expected stream heads that exist: a missing one means that the caller would skip
-- a version. `offset 0` keeps each a look by index: a plan made while the log was small joined them with the whole of
-- it, and was kept as it grew.
with locked as materialized (
    select shard, position, hash from shard where shard = any ($14::integer[]) order by shard for update
),
present as materialized (
    select count(*) as heads
    from unnest($19::text[], $20::integer[]) as expected (stream_id, version)
    where exists (
        select from event
        where event.stream_id = expected.stream_id and event.version = expected.version
        offset 0
    )
),
as_believed as materialized (
    select count(*) = cardinality($14::integer[])
        and (select heads from present) = cardinality($19::text[]) as so
    from locked
    join unnest($14::integer[], $17::bigint[], $18::bytea[]) as believed (shard, position, hash)
        using (shard, position, hash)
),
appended as (
    insert into event (
        shard, position, stream_id, version, event_id, type, schema_version,
        subject, recorded_at, caused_by, traceparent, body, hash
    )
    select * from unnest(
        $1::integer[], $2::bigint[], $3::text[], $4::integer[], $5::uuid[], $6::text[], $7::smallint[],
        $8::text[], $9::timestamptz[], $10::uuid[], $11::text[], $12::bytea[], $13::bytea[]
    )
    where (select so from as_believed)
),
moved as (
    update shard set position = head.position, hash = head.hash
    from unnest($14::integer[], $15::bigint[], $16::bytea[]) as head (shard, position, hash)
    where shard.shard = head.shard and (select so from as_believed)
),
advanced as (
    update checkpoint set position = done.position
    from unnest($21::text[], $22::integer[], $23::bigint[]) as done (source, shard, position)
    where checkpoint.source = done.source and checkpoint.shard = done.shard and (select so from as_believed)
)
select shard, position, hash, (select heads from present) as present, (select so from as_believed) as appended
from locked
