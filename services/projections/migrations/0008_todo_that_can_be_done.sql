-- A review that a correction has overtaken waits for nobody: fraud opens another, or none. A proposal to pay again counts as
-- long as nothing was taken off the payment since: its approval would be refused. Money that is held is paid by another
-- payment of the same decision, when an older event has not named the one that is held.
create index waiting_of_claim on waiting (claim_id);

create or replace view operator_unpayable as
select payment_id, payment.claim_id, payment.person_id, plan_id, coalesce(rejected_at, returned_at) as since,
       amount_fen - taken.fen as owed_fen, again.since as proposed_at
from payment
cross join lateral (
    select coalesce(sum(adjustment.amount_fen), 0)::bigint as fen, max(adjusted_at) as last_at
    from adjustment where adjustment.payment_id = payment.payment_id
) as taken
left join waiting as again on again.waiting_id = 'again/' || payment.payment_id and again.ended_at is null
    and (taken.last_at is null or again.since >= taken.last_at)
where coalesce(rejected_at, returned_at) is not null and amount_fen > taken.fen;

create or replace view operator_todo as
select waiting.kind, waiting.owner, waiting.what, claim_id, waiting.person_id, waiting.since, waiting.due_at,
       null::bigint as amount_fen
from waiting join claim using (claim_id)
where waiting.kind = 'pended' and claim.pending and claim.withdrawn_at is null
    and waiting.what = any (claim.pend_reasons) and waiting.what <> 'fraud_review'
union all
select waiting.kind, waiting.owner, waiting.what, waiting.claim_id, waiting.person_id, waiting.since, waiting.due_at, null
from waiting left join claim using (claim_id)
where waiting.kind in ('second_person', 'appeal') and waiting.owner <> 'approver'
    and waiting.ended_at is null and claim.withdrawn_at is null
union all
select waiting.kind, waiting.owner, waiting.what, waiting.claim_id, waiting.person_id, waiting.since, waiting.due_at, null
from waiting join claim using (claim_id)
where waiting.kind = 'review' and waiting.ended_at is null and claim.withdrawn_at is null
    and claim.pending and 'fraud_review' = any (claim.pend_reasons)
    and not exists (
        select from waiting as later
        where later.claim_id = waiting.claim_id and later.kind = 'review' and later.since > waiting.since
    )
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
select 'held', 'enrolment', coalesce(held.decision_id, payment_id), held.claim_id, held.person_id, claim.decided_at, null,
       amount_fen
from payment as held left join claim using (claim_id)
where held_reason is not null and instructed_at is null and cancelled_at is null
    and not exists (
        select from payment as paid
        where paid.claim_id = held.claim_id and paid.decision_id = held.decision_id and paid.instructed_at is not null
    );
