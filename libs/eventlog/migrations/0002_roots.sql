-- What is published of the log once a day and shard: the Merkle root over the events' hashes, chained to the one before.
-- A later event of a closed day gets a root of its own: what was published is never taken back.
create table root (
    shard          integer     not null,
    number         bigint      not null,
    day            date        not null,
    first_position bigint      not null,
    last_position  bigint      not null,
    head_hash      bytea       not null,
    root           bytea       not null,
    chain          bytea       not null,
    published_at   timestamptz not null,
    primary key (shard, number),
    unique (shard, last_position)
);

create trigger root_is_append_only
    before update or delete or truncate on root
    for each statement execute function refuse_change();
