-- A claim can have several decisions, payments, clawbacks and referrals: each is a row of its own, to which every event
-- about it adds what it says. Sums are taken in the views, so hearing an event twice counts it once.
drop view patient_owed, hospital_summary, insurer_bearing, regulator_decision, operator_waiting,
    patient_claim, hospital_claim, insurer_plan, charity_referral, regulator_bearing, operator_open_claim, claim_status;

alter table claim
    drop column payment_id, drop column instructed_at, drop column settled_fen, drop column settled_at,
    drop column rejection_reason, drop column returned_at, drop column return_reason, drop column held_reason,
    drop column programmes, drop column referred_at,
    -- intake: the newest revision of the bill, and whether the hospital has undone it
    add column revision          integer,
    add column withdrawn_at      timestamptz,
    add column withdrawal_reason text,
    -- adjudication: the decision that stands; what `pend_reasons` and `pended_at` say holds while `pending`
    add column pending           boolean,
    add column decision_id       text,
    add column number            integer,
    add column benefit_year      text,
    add column without_records   boolean,
    add column trued_up          boolean;
create index claim_newest on claim (received_at desc nulls last);

-- Every decision there was, those that were reversed too.
create table decision (
    decision_id        text primary key,
    claim_id           text not null,
    person_id          text not null,
    number             integer,
    supersedes         text,
    kind               text,
    denial_reason      text,
    plan_id            text,
    benefit_year       text,
    hospital_id        text,
    service_date       date,
    bill_fen           bigint,
    plan_pays_fen      bigint,
    cash_fen           bigint,
    patient_fen        bigint,
    bearings           jsonb,
    pool_shares        jsonb,
    without_records    boolean,
    decided_at         timestamptz,
    confirmed_at       timestamptz,
    trued_up           boolean,
    reversed_at        timestamptz,
    reversal_reason    text,
    caused_by_claim_id text,
    replaced_by        text
);
create index decision_of_claim on decision (claim_id);
create index decision_of_plan on decision (plan_id, benefit_year);

create table payment (
    payment_id       text primary key,
    claim_id         text not null,
    person_id        text not null,
    decision_id      text,
    plan_id          text,
    amount_fen       bigint,
    held_reason      text,
    instructed_at    timestamptz,
    cancelled_at     timestamptz,
    cancel_reason    text,
    settled_at       timestamptz,
    rejected_at      timestamptz,
    rejection_reason text,
    returned_at      timestamptz,
    return_reason    text
);
create index payment_of_claim on payment (claim_id);

create table clawback (
    clawback_id text primary key,
    claim_id    text not null,
    person_id   text not null,
    decision_id text,
    plan_id     text,
    reason      text,
    raised_fen  bigint,
    raised_at   timestamptz
);
create index clawback_of_claim on clawback (claim_id);
create index clawback_of_person on clawback (person_id);

-- What was taken off a clawback or off a payment that could not be paid. `claim_id`: whose money it was.
create table adjustment (
    adjustment_id text primary key,
    claim_id      text not null,
    person_id     text not null,
    clawback_id   text,
    payment_id    text,
    kind          text,
    reason        text,
    amount_fen    bigint,
    adjusted_at   timestamptz
);
create index adjustment_of_clawback on adjustment (clawback_id);
create index adjustment_of_claim on adjustment (claim_id);

create table referral (
    referral_id   text primary key,
    claim_id      text not null,
    person_id     text not null,
    programme_id  text,
    suggested_fen bigint,
    referred_at   timestamptz,
    revised_at    timestamptz,
    withdrawn_at  timestamptz
);
create index referral_of_claim on referral (claim_id);

create view clawback_status as
select clawback.*, coalesce(taken.netted_fen, 0) as netted_fen, coalesce(taken.repaid_fen, 0) as repaid_fen,
       coalesce(taken.written_off_fen, 0) as written_off_fen, coalesce(raised_fen, 0) - coalesce(taken.fen, 0) as open_fen
from clawback
left join lateral (
    select sum(amount_fen) filter (where kind in ('netted', 'recovered'))::bigint as netted_fen,
           sum(amount_fen) filter (where kind = 'repaid')::bigint as repaid_fen,
           -- What becomes due again makes a loss good.
           sum(case kind when 'written_off' then amount_fen when 'recovered' then -amount_fen end)::bigint
               as written_off_fen,
           sum(amount_fen) filter (where kind <> 'recovered')::bigint as fen
    from adjustment where adjustment.clawback_id = clawback.clawback_id
) as taken on true;

-- What has moved of each claim. `netted_fen`: of its money, kept back against what the person owed.
create view claim_money as
select claim.claim_id, paid.*, owing.claimed_back_fen, owing.owing_fen, netted.netted_fen
from claim
left join lateral (
    select
        sum(amount_fen) filter (where settled_at is not null and returned_at is null)::bigint as settled_fen,
        max(settled_at) filter (where returned_at is null) as settled_at,
        min(instructed_at) as instructed_at,
        bool_or(instructed_at is not null and coalesce(settled_at, rejected_at, cancelled_at) is null) as is_paying,
        max(held_reason) filter (where instructed_at is null and cancelled_at is null) as held_reason,
        max(rejected_at) filter (where amount_fen > taken_off_fen) as rejected_at,
        max(rejection_reason) filter (where amount_fen > taken_off_fen) as rejection_reason,
        max(returned_at) filter (where amount_fen > taken_off_fen) as returned_at,
        max(return_reason) filter (where amount_fen > taken_off_fen) as return_reason
    from (
        select payment.*, (
            select coalesce(sum(adjustment.amount_fen), 0) from adjustment
            where adjustment.payment_id = payment.payment_id) as taken_off_fen
        from payment where payment.claim_id = claim.claim_id
    ) as known
) as paid on true
left join lateral (
    select sum(raised_fen)::bigint as claimed_back_fen, sum(open_fen)::bigint as owing_fen
    from clawback_status where clawback_status.claim_id = claim.claim_id
) as owing on true
left join lateral (
    select sum(amount_fen)::bigint as netted_fen from adjustment
    where adjustment.claim_id = claim.claim_id and kind in ('netted', 'recovered')
) as netted on true;

create view claim_status as
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
        when settled_fen is not null then 'paid'
        when decision = 'adjudicated' and plan_pays_fen + coalesce(cash_fen, 0) = 0 then 'decided_nothing_due'
        when decision = 'adjudicated' then 'decided'
        when pending then 'pended'
        else 'registered'
    end as status,
    settled_at - received_at as discharge_to_cash
from claim
join claim_money on claim_money.claim_id = claim.claim_id
left join lateral (
    select array_agg(distinct programme_id order by programme_id) as programmes, max(referral.referred_at) as referred_at
    from referral where referral.claim_id = claim.claim_id and referral.withdrawn_at is null
        and referral.programme_id is not null
) as referred on true;

-- Why a claim's decision is not the first one: what was reversed, when, and on whose account.
create view claim_decision as
select decision.*, reversed_at is null as stands
from decision;

create view patient_claim as
select claim_id, person_id, hospital_id, received_at, status, pend_reasons, bill_fen, number, plan_pays_fen, cash_fen,
       patient_fen, decided_at, settled_fen, settled_at, netted_fen, claimed_back_fen, owing_fen, trued_up,
       last_reversal.reason as redecided_because, programmes
from claim_status
left join lateral (
    select reversal_reason as reason from decision
    where decision.claim_id = claim_status.claim_id and reversed_at is not null
    order by decision.number desc limit 1
) as last_reversal on true;

-- What a person is still to get, since when, and what stands in the way.
create view patient_owed as
select *
from (
    select person_id, claim_id, hospital_id, plan_id, status,
           (plan_pays_fen + coalesce(cash_fen, 0) - coalesce(settled_fen, 0) - netted_fen + claimed_back_fen)::bigint
               as owed_fen,
           decided_at as since, coalesce(return_reason, rejection_reason, held_reason) as why
    from claim_status
    where decision = 'adjudicated'
) as due
where owed_fen > 0;

-- What a person owes the pool.
create view patient_owing as
select person_id, clawback_id, claim_id, plan_id, reason, raised_fen, netted_fen, repaid_fen, written_off_fen, open_fen,
       raised_at
from clawback_status;

create view hospital_claim as
select hospital_id, claim_id, visit_kind, received_at, status, pend_reasons, revision, bill_fen, number, plan_pays_fen,
       decided_at, settled_at, withdrawn_at
from claim_status;

create view hospital_summary as
select
    hospital_id,
    count(*) as claims,
    count(*) filter (where decision is null and withdrawn_at is null) as waiting,
    count(*) filter (where decision = 'adjudicated') as adjudicated,
    count(*) filter (where decision = 'denied') as denied,
    count(*) filter (where status = 'withdrawn') as withdrawn,
    count(*) filter (where status = 'paid') as paid,
    coalesce(sum(bill_fen), 0)::bigint as bill_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    percentile_cont(0.5) within group (order by extract(epoch from decided_at - received_at))
        as median_seconds_to_decision
from claim_status
where hospital_id is not null
group by hospital_id;

create view insurer_plan as
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
    coalesce(sum(owing_fen), 0)::bigint as owing_fen
from claim_status
where plan_id is not null
group by plan_id;

-- What each insurer bears of each decision, with those that were reversed: its own statement, line by line.
create view insurer_share as
select insurer.key as insurer, plan_id, benefit_year, claim_id, decision_id, number, service_date,
       insurer.value::bigint as share_fen, decided_at, reversed_at, reversal_reason, replaced_by,
       case when reversed_at is null then insurer.value::bigint else 0 end as bears_fen
from decision, jsonb_each_text(pool_shares) as insurer;

-- Sums of the same: awarded by all decisions, taken off again by reversals, and what is left by those that stand.
create view insurer_bearing as
select
    plan_id,
    insurer,
    count(*) filter (where reversed_at is null) as claims,
    count(*) as decisions,
    sum(share_fen)::bigint as awarded_fen,
    coalesce(sum(share_fen) filter (where reversed_at is not null), 0)::bigint as reversed_fen,
    sum(bears_fen)::bigint as bears_fen
from insurer_share
group by plan_id, insurer;

create view charity_referral as
select claim_id, person_id, plan_id, bill_fen, patient_fen, programmes, referred_at
from claim_status
where programmes is not null;

-- Who bears what of every bill whose decision stands: the sums a regulator asks for first.
create view regulator_bearing as
select plan_id, bearer.key as bearer, count(*) as claims, sum(bearer.value::bigint)::bigint as amount_fen
from claim, jsonb_each_text(bearings) as bearer
group by plan_id, bearer.key;

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
where decision in ('adjudicated', 'denied')
group by plan_id, day;

create view operator_open_claim as
select claim_id, status, pend_reasons, received_at, records, score
from claim_status
where decision is null and withdrawn_at is null;

-- What waits for a decision, by why, and since when the oldest of it does.
create view operator_waiting as
select status, coalesce(array_to_string(pend_reasons, ','), '') as reasons, count(*) as claims,
       min(received_at) as oldest_received_at,
       (array_agg(claim_id order by received_at nulls last))[1] as oldest_claim_id
from operator_open_claim
group by 1, 2;

-- Waits to be decided anew while its decision stands.
create view operator_pended_decided as
select claim_id, person_id, status, pend_reasons, pended_at, number, plan_pays_fen, decided_at
from claim_status
where pending and decision is not null;

-- Decided in the bureau's absence, and not looked at with its records yet.
create view operator_without_records as
select claim_id, person_id, plan_id, decision_id, number, plan_pays_fen, decided_at
from claim_status
where decision = 'adjudicated' and without_records and not trued_up;

create view operator_clawback as
select clawback_id, claim_id, person_id, plan_id, reason, raised_fen, open_fen, raised_at
from clawback_status
where open_fen > 0;
