-- Claims whose records are still to be fetched. Everything in it can be derived again: what was registered is in
-- intake's log, what became of it in ours. The identity is sealed; it is opened only to ask, and only in memory.
create table lookup (
    claim_id        text primary key,
    person_id       text        not null,
    submission_id   text        not null,
    total_fen       bigint      not null,
    fund_total_fen  bigint      not null,
    identity        text        not null,
    cause           bytea       not null,
    attempts        integer     not null default 0,
    last_failure    text,
    next_attempt_at timestamptz not null,
    budget_ends_at  timestamptz not null,
    given_up        boolean     not null default false,
    erased          boolean     not null default false,
    lease           uuid
);
create index lookup_due on lookup (next_attempt_at) where not erased;
create index lookup_budget on lookup (given_up, budget_ends_at);
create index lookup_of_person on lookup (person_id);
create index lookup_leased on lookup (lease) where lease is not null;
