-- What the insurance centre has settled itself (一站式): owed to the centre, and not to the person any more.
alter table claim add column desk_fen bigint;
alter table decision add column desk_fen bigint;

-- Where the centre's amounts and our own evaluation differ, what a person answered, and how it ended.
create table one_stop_difference (
    difference_id text primary key,
    claim_id      text not null,
    person_id     text not null,
    decision_id   text,
    plan_id       text,
    hospital_id   text,
    mode          text,
    reference     text,
    taken         text,
    centre_fen    bigint,
    own_fen       bigint,
    tolerance_fen bigint,
    compared      jsonb,
    causes        text,
    found_at      timestamptz,
    outcome       text,
    answer_reason text,
    answered_by   text,
    answered_at   timestamptz,
    ended_at      timestamptz,
    end_reason    text
);
create index one_stop_difference_of_claim on one_stop_difference (claim_id);

create or replace view claim_status as
select
    claim.claim_id, person_id, hospital_id, channel, visit_kind, received_at, bill_fen, revision, withdrawn_at,
    withdrawal_reason, records, score, score_reasons, coalesce(pending, false) as pending,
    case when pending then pend_reasons end as pend_reasons, pended_at, decision_id, number, plan_id, benefit_year,
    decision, denial_reason, decided_at, plan_pays_fen, cash_fen, patient_fen, bearings, pool_shares,
    coalesce(without_records, false) as without_records, coalesce(trued_up, false) as trued_up,
    instructed_at, settled_fen, settled_at, held_reason, rejection_reason, returned_at, return_reason,
    coalesce(claimed_back_fen, 0) as claimed_back_fen, coalesce(owing_fen, 0) as owing_fen,
    coalesce(netted_fen, 0) as netted_fen, referred.programmes, referred.referred_at,
    case
        when withdrawn_at is not null and coalesce(decision, 'withdrawn') = 'withdrawn' then 'withdrawn'
        when returned_at is not null then 'payment_returned'
        when rejected_at is not null then 'payment_rejected'
        when is_paying then 'paying'
        when held_reason is not null then 'payment_held'
        when decision = 'denied' then 'denied'
        when decision = 'adjudicated' and desk_fen > 0 and plan_pays_fen + coalesce(cash_fen, 0) = desk_fen
            then 'settled_at_desk'
        when settled_fen is not null then 'paid'
        when decision = 'adjudicated' and plan_pays_fen + coalesce(cash_fen, 0) = 0 then 'decided_nothing_due'
        when decision = 'adjudicated' then 'decided'
        when pending then 'pended'
        else 'registered'
    end as status,
    settled_at - received_at as discharge_to_cash,
    coalesce(desk_fen, 0) as desk_fen
from claim
join claim_money on claim_money.claim_id = claim.claim_id
left join lateral (
    select array_agg(distinct programme_id order by programme_id) as programmes, max(referral.referred_at) as referred_at
    from referral where referral.claim_id = claim.claim_id and referral.withdrawn_at is null
        and referral.programme_id is not null
) as referred on true;

create or replace view patient_claim as
select claim_id, person_id, hospital_id, received_at, status, pend_reasons, bill_fen, number, plan_pays_fen, cash_fen,
       patient_fen, decided_at, settled_fen, settled_at, netted_fen, claimed_back_fen, owing_fen, trued_up,
       last_reversal.reason as redecided_because, programmes, desk_fen
from claim_status
left join lateral (
    select reversal_reason as reason from decision
    where decision.claim_id = claim_status.claim_id and reversed_at is not null
    order by decision.number desc limit 1
) as last_reversal on true;

create or replace view patient_owed as
select *
from (
    select person_id, claim_id, hospital_id, plan_id, status,
           (plan_pays_fen + coalesce(cash_fen, 0) - desk_fen - coalesce(settled_fen, 0) - netted_fen
               + claimed_back_fen)::bigint as owed_fen,
           decided_at as since, coalesce(return_reason, rejection_reason, held_reason) as why
    from claim_status
    where decision = 'adjudicated'
) as due
where owed_fen > 0;

create or replace view hospital_claim as
select hospital_id, claim_id, visit_kind, received_at, status, pend_reasons, revision, bill_fen, number, plan_pays_fen,
       decided_at, settled_at, withdrawn_at, desk_fen
from claim_status;

create or replace view insurer_plan as
select
    plan_id,
    count(*) as claims,
    count(*) filter (where decision = 'adjudicated') as adjudicated,
    count(*) filter (where decision = 'denied') as denied,
    count(*) filter (where status = 'withdrawn') as withdrawn,
    count(*) filter (where number > 1) as redecided,
    count(*) filter (where status = 'paid') as paid,
    coalesce(sum(bill_fen), 0)::bigint as bill_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    coalesce(sum(settled_fen), 0)::bigint as settled_fen,
    coalesce(sum(claimed_back_fen), 0)::bigint as claimed_back_fen,
    coalesce(sum(owing_fen), 0)::bigint as owing_fen,
    coalesce(sum(desk_fen), 0)::bigint as desk_fen
from claim_status
where plan_id is not null
group by plan_id;

-- An operator's list: what differs now. `open`: nobody has answered; `disputed`: the centre has been asked.
create view operator_one_stop as
select difference_id, claim_id, person_id, decision_id, plan_id, hospital_id, mode, reference, taken, centre_fen, own_fen,
       centre_fen - own_fen as difference_fen, tolerance_fen, string_to_array(causes, ',') as causes, compared, found_at,
       coalesce(outcome, 'open') as standing, answer_reason, answered_by, answered_at
from one_stop_difference
where ended_at is null and found_at is not null;

-- The same in sums, by plan, mode and standing; what is more and what is less are told apart.
create view operator_one_stop_total as
select plan_id, mode, standing, count(*) as differences, min(found_at) as oldest_found_at,
       sum(centre_fen)::bigint as centre_fen, sum(own_fen)::bigint as own_fen,
       coalesce(sum(difference_fen) filter (where difference_fen > 0), 0)::bigint as centre_more_fen,
       coalesce(sum(-difference_fen) filter (where difference_fen < 0), 0)::bigint as centre_less_fen
from operator_one_stop
group by plan_id, mode, standing;

-- What the pool owes the centre by the month in which it was decided: what both clear by period.
create view centre_clearing as
select plan_id, to_char(decided_at at time zone 'Asia/Shanghai', 'YYYY-MM') as month, count(*) as claims,
       sum(desk_fen)::bigint as desk_fen
from claim_status
where desk_fen > 0 and decision = 'adjudicated'
group by 1, 2;
