-- What waits for a person, or did: reasons to pend, reviews, rulings and payments for a second person, appeals.
create table waiting (
    waiting_id text primary key,
    claim_id   text not null,
    person_id  text not null,
    kind       text,
    owner      text,
    what       text,
    since      timestamptz,
    due_at     timestamptz,
    ended_at   timestamptz
);
create index waiting_open on waiting (kind) where ended_at is null;
create index payment_back on payment (payment_id) where coalesce(rejected_at, returned_at) is not null;
create index payment_held on payment (payment_id) where held_reason is not null and instructed_at is null;
create index difference_open on one_stop_difference (difference_id) where ended_at is null and outcome is null;
create index adjustment_of_payment on adjustment (payment_id);

-- What the bank refused or sent back and is still owed, and whether it is proposed to pay it again.
create view operator_unpayable as
select payment_id, payment.claim_id, payment.person_id, plan_id, coalesce(rejected_at, returned_at) as since,
       amount_fen - taken.fen as owed_fen, again.since as proposed_at
from payment
cross join lateral (
    select coalesce(sum(adjustment.amount_fen), 0)::bigint as fen
    from adjustment where adjustment.payment_id = payment.payment_id
) as taken
left join waiting as again on again.waiting_id = 'again/' || payment.payment_id and again.ended_at is null
where coalesce(rejected_at, returned_at) is not null and amount_fen > taken.fen;

-- Everything about claims that waits for a person: for whom, since when, until when. A review stands for the reason to
-- pend that it is; a payment that is proposed again waits for the second person alone.
create view operator_todo as
select waiting.kind, waiting.owner, waiting.what, claim_id, waiting.person_id, waiting.since, waiting.due_at,
       null::bigint as amount_fen
from waiting join claim using (claim_id)
where waiting.kind = 'pended' and claim.pending and claim.withdrawn_at is null
    and waiting.what = any (claim.pend_reasons) and waiting.what <> 'fraud_review'
union all
select waiting.kind, waiting.owner, waiting.what, waiting.claim_id, waiting.person_id, waiting.since, waiting.due_at, null
from waiting left join claim using (claim_id)
where waiting.kind in ('review', 'second_person', 'appeal') and waiting.owner <> 'approver'
    and waiting.ended_at is null and claim.withdrawn_at is null
union all
select 'one_stop', 'operator', difference_id, claim_id, person_id, found_at, null, abs(difference_fen)
from operator_one_stop where standing = 'open'
union all
select 'unpayable', 'operator', payment_id, claim_id, person_id, since, null, owed_fen
from operator_unpayable where proposed_at is null
union all
select 'second_person', 'approver', payment_id, claim_id, person_id, proposed_at, null, owed_fen
from operator_unpayable where proposed_at is not null
union all
select 'held', 'enrolment', coalesce(payment.decision_id, payment_id), payment.claim_id, payment.person_id, claim.decided_at, null,
       amount_fen
from payment left join claim using (claim_id)
where held_reason is not null and instructed_at is null and cancelled_at is null;
