-- Of each given stream the snapshot, where this process knows nothing of the stream, and the events after it; all events
-- where there is none of this fold, or one that is not linked to the log. One row type for both: a snapshot's row is an
-- event's without a type, with its state as the body. `offset 0` keeps each a look by index (see `read.py`).
with known as (
    select * from unnest($1::text[], $2::integer[]) as known (stream_id, version)
),
kept as materialized (
    select
        taken.*,
        exists (
            select from event
            where event.stream_id = taken.stream_id and event.version = taken.version and event.hash = taken.hash
            offset 0
        ) as linked
    from known
    cross join lateral (
        select * from snapshot
        where snapshot.stream_id = known.stream_id and snapshot.fold_version = $3
        offset 0
    ) as taken
    where known.version = 0
)
select
    0 as shard, 0::bigint as position, stream_id, version, null::uuid as event_id, null as type,
    fold_version::smallint as schema_version, null as subject, null::timestamptz as recorded_at, null::uuid as caused_by,
    null as traceparent, state as body, hash, digest, linked
from kept
union all
select tail.*, null, null
from known
left join kept on kept.stream_id = known.stream_id and kept.linked
cross join lateral (
    select
        shard, position, stream_id, version, event_id, type, schema_version, subject, recorded_at, caused_by,
        traceparent, body, hash
    from event
    where event.stream_id = known.stream_id and event.version > coalesce(kept.version, known.version)
    order by event.version
    offset 0
) as tail
order by stream_id, version
