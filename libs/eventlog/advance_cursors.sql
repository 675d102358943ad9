-- Move the cursors of what was published, where they still say what was seen, and let all shards of the round go. The
-- commit does not wait for the disk: a cursor that a crash takes back is published again, and skipped by position. So is
-- what another relay publishes again that looked between the letting go and the commit.
with advanced as (
    update relay set position = done.position, broker_offset = done.broker_offset
    from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        as done (shard, position, broker_offset, seen_position, seen_offset)
    where relay.shard = done.shard
        and relay.position = done.seen_position and relay.broker_offset = done.seen_offset
)
select
    set_config('synchronous_commit', 'off', true),
    count(pg_advisory_unlock(hashtext('huiji relay ' || $6::text), shard))
from unnest($7::integer[]) as held (shard)
