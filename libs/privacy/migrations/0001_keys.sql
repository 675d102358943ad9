-- The key store all services share, as they would share a key management service.
create schema if not exists privacy;

create table if not exists privacy.person_key (
    key_id        uuid primary key,
    owner         text not null check (owner ~ '^(p|r)_'),
    master_key_id text not null,
    wrapped_key   bytea,
    created_at    timestamptz not null default now(),
    destroyed_at  timestamptz,
    -- A destroyed key stays as a row, so that "erased" and "never heard of" are different answers.
    check ((wrapped_key is null) = (destroyed_at is not null))
);

-- One live key per owner; a person who returns after an erasure gets a new one beside the destroyed.
create unique index if not exists person_key_live on privacy.person_key (owner) where wrapped_key is not null;
