-- What became a claim: the answer to "was this sent before, and was it the same?". Nothing personal is in it.
create table submission (
    hospital_id        text        not null,
    submission_id      text        not null,
    digest             text        not null,
    claim_id           uuid        not null unique,
    idempotency_digest text,
    channel            text        not null,
    received_at        timestamptz not null,
    primary key (hospital_id, submission_id)
);
create unique index submission_by_idempotency_key
    on submission (hospital_id, idempotency_digest) where idempotency_digest is not null;

-- What was refused, so that the same bytes sent again are not recorded again.
create table refusal (
    refusal_id  uuid        primary key,
    -- Set while the original is sealed under a key of its own (r_<refusal id>), which nobody's erasure destroys.
    expires_at  timestamptz,
    received_at timestamptz not null
);
create index refusal_expiring on refusal (expires_at) where expires_at is not null;

-- Rejections that still have to be told on the rejections topic.
create table rejection_todo (
    id          bigint      generated always as identity primary key,
    refusal_id  uuid        not null,
    partition   integer     not null,
    "offset"    bigint      not null,
    hospital_id text,
    message     bytea       not null
);
