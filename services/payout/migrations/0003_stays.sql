-- Claims whose payments an appeal stays: no file takes up what has not left. Follows the log.
create table stay (
    claim_id  text primary key,
    appeal_id text        not null,
    stayed_at timestamptz not null
);
