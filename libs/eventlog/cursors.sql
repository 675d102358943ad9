-- Shards with unpublished events that no other relay is publishing: how far each is published, and how far recorded.
-- This session has them for itself until it lets them go; no transaction is open meanwhile.
with due as materialized (
    select relay.shard, relay.position, relay.broker_offset, shard.position as head
    from relay
    join shard using (shard)
    where shard.position > relay.position
)
select shard, position, broker_offset, head
from due
where pg_try_advisory_lock(hashtext('huiji relay ' || $1::text), shard)
order by shard
