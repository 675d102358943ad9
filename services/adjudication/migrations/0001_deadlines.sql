create table deadline (
    claim_id  text primary key,
    person_id text        not null,
    due_at    timestamptz not null
);
create index deadline_due on deadline (due_at);
