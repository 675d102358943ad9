-- Locks in shard order, so that two batches over several shards cannot deadlock. `present` counts the expected
-- stream heads that exist: a missing one means that the caller would skip a version.
with present as (
    select count(*) as heads
    from unnest($2::text[], $3::integer[]) as expected (stream_id, version)
    join event using (stream_id, version)
)
select shard, position, hash, (select heads from present) as present
from shard
where shard = any ($1::integer[])
order by shard
for update
