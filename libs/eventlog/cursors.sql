-- Shards with unpublished events that no other relay is publishing: how far each is published, and how far recorded.
select relay.shard, relay.position, relay.broker_offset, shard.position as head
from relay
join shard using (shard)
where shard.position > relay.position
order by relay.shard
for update of relay skip locked
