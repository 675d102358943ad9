-- Beside a claim's own clock: that of a planned stay (claim_id is the stay's id), and that of a claim's open appeal.
alter table deadline add column what text not null default 'claim' check (what in ('claim', 'stay', 'appeal'));
alter table deadline drop constraint deadline_pkey;
alter table deadline add primary key (claim_id, what);

-- Appeals whose time is over and which nobody has answered: a list for people, which follows the log.
create table overdue_appeal (
    claim_id  text        not null,
    appeal_id text        not null,
    person_id text        not null,
    level     integer     not null,
    due_at    timestamptz not null,
    primary key (claim_id, appeal_id)
);
create index overdue_appeal_due on overdue_appeal (due_at);
