-- What a test's service did, in the order it did it; nothing here stops a second time.
create table effect (
    id       bigserial primary key,
    shard    integer,
    position bigint,
    claim_id text,
    number   integer
);

create table poisoned (stream_id text, version integer);
