-- Shards with unpublished events that no other relay is publishing, each with its next window of events.
with cursor as materialized (
    select relay.shard, relay.position, relay.broker_offset
    from relay
    join shard using (shard)
    where shard.position > relay.position
    order by relay.shard
    for update of relay skip locked
)
select cursor.broker_offset, due.*
from cursor
cross join lateral (
    select
        shard, position, stream_id, version, event_id, type, schema_version,
        subject, recorded_at, caused_by, traceparent, body, hash
    from event
    where event.shard = cursor.shard and event.position > cursor.position
    order by event.position
    limit $1
) as due
order by due.shard, due.position
