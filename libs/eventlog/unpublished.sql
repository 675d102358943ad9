-- The next window of events of each shard after a position.
select due.*
from unnest($1::integer[], $2::bigint[]) as cursor (shard, position)
cross join lateral (
    select
        shard, position, stream_id, version, event_id, type, schema_version,
        subject, recorded_at, caused_by, traceparent, body, hash
    from event
    where event.shard = cursor.shard and event.position > cursor.position
    order by event.position
    limit $3
) as due
order by due.shard, due.position
