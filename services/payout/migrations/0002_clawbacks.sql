-- Payments are the person's stream now (docs/decisions/0010). Payments in streams of claims would be paid again by a
-- re-decision, because the person's stream knows nothing of them.
do $$
begin
    if exists (select from event where stream_id like 'claim-%') then
        raise exception 'this log keeps payments per claim; it was written before docs/decisions/0010';
    end if;
end
$$;

alter table payment drop constraint payment_status_check;
alter table payment add constraint payment_status_check
    check (status in ('instructed', 'cancelled', 'settled', 'rejected', 'returned'));
create index payment_under_way on payment (person_id) where status = 'instructed';

-- An entry belongs to a payment, a clawback, a netting or a repayment.
alter table posting rename column payment_id to entry_id;
create index posting_of_account on posting (account);

-- What people owe the pool; follows the log.
create table clawback (
    clawback_id     text primary key,
    person_id       text        not null,
    claim_id        text        not null,
    plan_id         text        not null,
    decision_id     text        not null,
    reason          text        not null,
    raised_fen      bigint      not null,
    netted_fen      bigint      not null default 0,
    repaid_fen      bigint      not null default 0,
    written_off_fen bigint      not null default 0,
    open_fen        bigint generated always as (raised_fen - netted_fen - repaid_fen - written_off_fen) stored,
    raised_at       timestamptz not null
);
create index clawback_open on clawback (raised_at, clawback_id) where open_fen > 0;
create index clawback_of_person on clawback (person_id);

-- What the bank said of a payment under a file we do not know: our books are older than the bank's, for they were
-- restored. Such a payment is put into no file; it is concluded by what the bank said (docs/bank.md).
create table bank_word (
    position       bigint  not null,
    entry          integer not null,
    end_to_end_id  text    not null,
    what           text    not null check (what in ('known', 'rejected', 'booked', 'returned')),
    amount_fen     bigint,
    bank_reference text,
    reason_code    text,
    booked_at      timestamptz,
    taken_up       boolean not null default false,
    primary key (position, entry)
);
create index bank_word_of_payment on bank_word (end_to_end_id);
