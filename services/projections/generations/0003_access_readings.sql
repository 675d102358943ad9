-- Who has read what of which claim, by which edition of the policy, rules and consents: written before anything is
-- shown, never changed, and no part of a read model, so that no rebuild loses it. Without fields: it was refused.
create table access_read (
    id        bigint generated always as identity primary key,
    read_at   timestamptz not null,
    reader    text        not null,
    shown_by  text        not null,
    view      text        not null,
    claim_id  text,
    person_id text,
    fields    text[]      not null,
    edition   integer,
    rules     text[]      not null,
    consents  text[]      not null
);
create index access_read_of_claim on access_read (claim_id, id);
create index access_read_by_reader on access_read (reader, id);

create function refuse_change_of_access_reads() returns trigger language plpgsql as $$
begin
    raise exception 'readings are never changed: % on %', tg_op, tg_table_name;
end $$;

create trigger access_read_is_append_only
    before update or delete or truncate on access_read
    for each statement execute function refuse_change_of_access_reads();

create view access_reading as
select read_at, reader, shown_by, view, claim_id, person_id, fields, edition, rules, consents, id
from access_read;
