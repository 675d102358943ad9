-- Asked for by an expression that the planner knows nothing of, what came back was looked for among all payments there
-- are, twice for each `huiji todo`. Of the two columns it knows that hardly any row has a value.
drop index payment_back;
create index payment_back on payment (payment_id) where rejected_at is not null or returned_at is not null;

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
where (rejected_at is not null or returned_at is not null) and amount_fen > taken.fen;
