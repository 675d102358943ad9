-- One row per shard: its lock orders appends, its counters make positions gapless, its hash links the chain.
create table shard (
    shard    integer primary key,
    position bigint  not null default 0,
    hash     bytea   not null
);

-- Bodies are bytea: measured twice as fast as jsonb at append, and the hash covers exactly these bytes.
create table event (
    shard          integer     not null,
    position       bigint      not null,
    stream_id      text        not null,
    version        integer     not null,
    event_id       uuid        not null,
    type           text        not null,
    schema_version smallint    not null,
    subject        text        not null,
    recorded_at    timestamptz not null,
    caused_by      uuid,
    traceparent    text,
    body           bytea       not null,
    hash           bytea       not null,
    primary key (shard, position),
    unique (stream_id, version)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'events are never changed: % on %', tg_op, tg_table_name;
end $$;

create trigger event_is_append_only
    before update or delete or truncate on event
    for each statement execute function refuse_change();

-- How far each shard has been published, and at which broker offset: a lower offset later means the broker lost data.
create table relay (
    shard         integer primary key,
    position      bigint not null default 0,
    broker_offset bigint not null default -1
);

-- How far each shard of each source has been processed: commits with what the processing produced.
create table checkpoint (
    source   text    not null,
    shard    integer not null,
    position bigint  not null default 0,
    primary key (source, shard)
);

-- Events that could not be processed, and the later ones of the same subject that wait behind them.
create table parked (
    id          bigint generated always as identity primary key,
    source      text        not null,
    shard       integer     not null,
    position    bigint      not null,
    subject     text        not null,
    type        text        not null,
    reason      text        not null,
    error       text        not null,
    envelope    bytea       not null,
    attempts    integer     not null default 1,
    status      text        not null default 'parked' check (status in ('parked', 'retried', 'discarded')),
    parked_at   timestamptz not null,
    resolved_at timestamptz,
    resolved_by text,
    resolution  text,
    unique (source, shard, position)
);
create index parked_open on parked (subject) where status = 'parked';
