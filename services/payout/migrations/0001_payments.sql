-- Where a person's money goes; the identity stays sealed as enrolment published it.
create table payee (
    person_id   text primary key,
    identity    text        not null,
    enrolled_at timestamptz not null
);

-- Decisions that pay and have no payee yet.
create table held (
    claim_id    text primary key,
    person_id   text not null,
    traceparent text
);
create index held_by_person on held (person_id);

-- A file's content is fixed when it is closed: whatever crashes afterwards, the same bytes are sent again.
create table payment_file (
    file_id        text primary key,
    message_id     text        not null unique,
    closed_at      timestamptz not null,
    execution_date date        not null,
    status         text        not null default 'closed' check (status in ('closed', 'sent', 'refused')),
    attempts       integer     not null default 0,
    sent_at        timestamptz
);
create index payment_file_to_send on payment_file (closed_at) where status = 'closed';

create table payment (
    payment_id     text primary key,
    claim_id       text        not null,
    person_id      text        not null,
    amount_fen     bigint      not null,
    end_to_end_id  text        not null unique,
    creditor       text        not null,
    instructed_at  timestamptz not null,
    traceparent    text,
    file_id        text references payment_file,
    -- When the bank was last asked about it, having said nothing.
    asked_at       timestamptz,
    status         text        not null default 'instructed'
        check (status in ('instructed', 'settled', 'rejected', 'returned'))
);
create index payment_to_send on payment (instructed_at) where file_id is null and status = 'instructed';
create index payment_of_file on payment (file_id);
create index payment_silent on payment (asked_at nulls first, instructed_at) where status = 'instructed';

-- Double entry: the postings of an event sum to zero, and so does the ledger.
create table posting (
    payment_id text        not null,
    event_type text        not null,
    account    text        not null,
    amount_fen bigint      not null,
    posted_at  timestamptz not null,
    primary key (payment_id, event_type, account)
);

-- How far the bank's numbered answers have been recorded.
create table bank_cursor (
    only_row boolean primary key default true check (only_row),
    position bigint not null default 0
);
insert into bank_cursor default values;

-- What the bank said that fits no payment of ours: for a person to look at.
create table unmatched (
    position       bigint      not null,
    entry          integer     not null,
    what           text        not null,
    end_to_end_id  text,
    amount_fen     bigint,
    bank_reference text,
    noted_at       timestamptz not null,
    primary key (position, entry)
);
