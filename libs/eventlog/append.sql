with appended as (
    insert into event (
        shard, position, stream_id, version, event_id, type, schema_version,
        subject, recorded_at, caused_by, traceparent, body, hash
    )
    select * from unnest(
        $1::integer[], $2::bigint[], $3::text[], $4::integer[], $5::uuid[], $6::text[], $7::smallint[],
        $8::text[], $9::timestamptz[], $10::uuid[], $11::text[], $12::bytea[], $13::bytea[]
    )
),
advanced as (
    update checkpoint set position = done.position
    from unnest($17::text[], $18::integer[], $19::bigint[]) as done (source, shard, position)
    where checkpoint.source = done.source and checkpoint.shard = done.shard
)
update shard set position = head.position, hash = head.hash
from unnest($14::integer[], $15::bigint[], $16::bytea[]) as head (shard, position, hash)
where shard.shard = head.shard
