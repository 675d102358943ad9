-- What insurers are still to be told of decisions. Their streams are written by a pump, one writer at a time: written in
-- the consumers' transactions, all lanes would wait for each other at the few insurers.
create table insurer_todo (
    id          bigint generated always as identity primary key,
    kind        text  not null check (kind in ('award', 'reversal')),
    about       jsonb not null,
    traceparent text
);

-- Whoever writes insurers' streams holds this row.
create table insurer_writer (
    only_row boolean primary key default true check (only_row)
);
insert into insurer_writer default values;

-- Each insurer's books at the end of its stream: a stream of a million parts is not folded at every start.
create table insurer_books (
    insurer text primary key,
    version integer not null,
    books   jsonb   not null
);

-- How much of its stream is on the insurer's own topic, and where the last of it stands there.
create table insurer_topic (
    insurer     text primary key,
    version     integer not null default 0,
    last_offset bigint  not null default -1
);

-- Statements as operators list them; follows the log.
create table insurer_statement (
    statement_id text primary key,
    insurer      text        not null,
    plan_id      text        not null,
    due_fen      bigint      not null,
    borne_fen    bigint      not null,
    released_fen bigint      not null,
    closed_at    timestamptz not null,
    closed_by    text        not null,
    reference    text,
    settled_on   date
);
