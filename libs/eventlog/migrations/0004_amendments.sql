-- What an amendment of the source's log says about a parked event: the body to read it with, or that it is void.
-- `due`: the subject is to be tried again, which a crash must not forget.
alter table parked
    add column amended_by         uuid,
    add column substitute         bytea,
    add column substitute_version smallint,
    add column due                boolean not null default false,
    drop constraint parked_status_check,
    add constraint parked_status_check check (status in ('parked', 'retried', 'discarded', 'annulled'));
create index parked_due on parked (subject) where status = 'parked' and due;

-- Why somebody amended an event of this log, in their own words; the log has only the digest.
create table amendment_reason (
    event_id  uuid        not null,
    version   integer     not null,
    why       text        not null,
    stated_by text        not null,
    stated_at timestamptz not null,
    primary key (event_id, version)
);
