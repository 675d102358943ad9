-- Every plan that this deployment has ever decided by, under the digest that decisions cite: a receipt stays
-- recomputable after its plan file has been corrected. `content` is the canonical JSON, `digest` its SHA-256.
create table plan_archive (
    digest      text primary key,
    plan_id     text        not null,
    content     bytea       not null,
    archived_at timestamptz not null default now()
);
