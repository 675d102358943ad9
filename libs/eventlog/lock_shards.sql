-- Locks in shard order, so that two batches over several shards cannot deadlock. `present` counts the expected
-- stream heads that exist: a missing one means that the caller would skip a version. `offset 0` keeps each a look by
-- index: a plan made while the log was small joined them with the whole of it, and was kept as it grew.
with present as (
    select count(*) as heads
    from unnest($2::text[], $3::integer[]) as expected (stream_id, version)
    where exists (
        select from event
        where event.stream_id = expected.stream_id and event.version = expected.version
        offset 0
    )
)
select shard, position, hash, (select heads from present) as present
from shard
where shard = any ($1::integer[])
order by shard
for update
