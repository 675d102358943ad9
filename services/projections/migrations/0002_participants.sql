-- What each insurer of the pool bears of the claim's decision: {"insurer": fen}.
alter table claim add column pool_shares jsonb;

-- What a person is still to get, since when, and what stands in the way.
create view patient_owed as
select person_id, claim_id, hospital_id, plan_id, status,
       (plan_pays_fen + coalesce(cash_fen, 0)
        - case when returned_at is null then coalesce(settled_fen, 0) else 0 end)::bigint as owed_fen,
       decided_at as since, coalesce(return_reason, rejection_reason, held_reason) as why
from claim_status
where decision = 'adjudicated'
  and plan_pays_fen + coalesce(cash_fen, 0)
      > case when returned_at is null then coalesce(settled_fen, 0) else 0 end;

create view hospital_summary as
select
    hospital_id,
    count(*) as claims,
    count(*) filter (where decision is null) as waiting,
    count(*) filter (where decision = 'adjudicated') as adjudicated,
    count(*) filter (where decision = 'denied') as denied,
    count(*) filter (where status = 'paid') as paid,
    coalesce(sum(bill_fen), 0)::bigint as bill_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    percentile_cont(0.5) within group (order by extract(epoch from decided_at - received_at))
        as median_seconds_to_decision
from claim_status
where hospital_id is not null
group by hospital_id;

-- What each insurer bears of what was decided.
create view insurer_bearing as
select plan_id, insurer.key as insurer, count(*) as claims, sum(insurer.value::bigint)::bigint as bears_fen
from claim, jsonb_each_text(pool_shares) as insurer
group by plan_id, insurer.key;

-- Decisions by day in the city's time. Automatic: the claim never had to wait for anybody or anything.
create view regulator_decision as
select
    plan_id,
    (decided_at at time zone 'Asia/Shanghai')::date as day,
    count(*) as decided,
    count(*) filter (where pended_at is null) as automatic,
    (10000 * count(*) filter (where pended_at is null) / count(*))::integer as automatic_bp,
    count(*) filter (where decision = 'denied') as denied,
    percentile_cont(0.5) within group (order by extract(epoch from decided_at - received_at)) as median_seconds,
    percentile_cont(0.99) within group (order by extract(epoch from decided_at - received_at)) as p99_seconds
from claim
where decision is not null
group by plan_id, day;

-- What waits for a decision, by why, and since when the oldest of it does.
create view operator_waiting as
select status, coalesce(array_to_string(pend_reasons, ','), '') as reasons, count(*) as claims,
       min(received_at) as oldest_received_at,
       (array_agg(claim_id order by received_at nulls last))[1] as oldest_claim_id
from operator_open_claim
group by 1, 2;
