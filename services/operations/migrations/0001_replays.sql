-- How far a re-publication has come: commits after the topic has what it says, so a killed one goes on here.
create table replay_progress (
    replay_id text    not null,
    shard     integer not null,
    position  bigint  not null,
    published bigint  not null default 0,
    primary key (replay_id, shard)
);
