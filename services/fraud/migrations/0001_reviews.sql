-- The first claim that bore an invoice, over all persons. The digest is keyed: it names nobody.
create table invoice (
    digest   text primary key,
    claim_id text not null
);

-- Reviews as reviewers list them; follows the log in the same transaction.
create table review (
    review_id    text primary key,
    claim_id     text        not null,
    person_id    text        not null,
    score        integer     not null,
    reasons      jsonb       not null,
    opened_at    timestamptz not null,
    due_at       timestamptz not null,
    verdict      text,
    reviewer     text,
    reason_code  text,
    concluded_at timestamptz
);
create index review_open on review (due_at, review_id) where verdict is null;
create index review_concluded on review (concluded_at, review_id) where verdict is not null;
create index review_of_claim on review (claim_id);
