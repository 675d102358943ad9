-- One row per claim. Sources arrive in any order, so every event type owns its columns and sets no other's.
create table claim (
    claim_id         text primary key,
    person_id        text not null,
    -- intake
    hospital_id      text,
    channel          text,
    visit_kind       text,
    received_at      timestamptz,
    bill_fen         bigint,
    -- medical_data, fraud
    records          text,
    score            integer,
    score_reasons    text[],
    -- adjudication
    pend_reasons     text[],
    pended_at        timestamptz,
    plan_id          text,
    decision         text,
    denial_reason    text,
    decided_at       timestamptz,
    plan_pays_fen    bigint,
    cash_fen         bigint,
    patient_fen      bigint,
    bearings         jsonb,
    -- payout
    payment_id       text,
    instructed_at    timestamptz,
    settled_fen      bigint,
    settled_at       timestamptz,
    rejection_reason text,
    returned_at      timestamptz,
    return_reason    text,
    held_reason      text,
    -- charity
    programmes       text[],
    referred_at      timestamptz
);
create index claim_by_person on claim (person_id);
create index claim_by_hospital on claim (hospital_id, received_at);
create index claim_open on claim (received_at) where decided_at is null;

-- The claim's way through the services, for operators: what happened when, without the content.
create table step (
    subject     text        not null,
    recorded_at timestamptz not null,
    source      text        not null,
    shard       integer     not null,
    position    bigint      not null,
    type        text        not null,
    traceparent text,
    primary key (subject, source, shard, position)
);

create view claim_status as
select
    claim.*,
    case
        when returned_at is not null then 'payment_returned'
        when settled_at is not null then 'paid'
        when rejection_reason is not null then 'payment_rejected'
        when instructed_at is not null then 'paying'
        when held_reason is not null then 'payment_held'
        when decision = 'denied' then 'denied'
        when decision is not null and plan_pays_fen + coalesce(cash_fen, 0) = 0 then 'decided_nothing_due'
        when decision is not null then 'decided'
        when pended_at is not null then 'pended'
        else 'registered'
    end as status,
    settled_at - received_at as discharge_to_cash
from claim;

create view patient_claim as
select claim_id, person_id, hospital_id, received_at, status, pend_reasons, bill_fen, plan_pays_fen, cash_fen,
       patient_fen, decided_at, settled_fen, settled_at, programmes
from claim_status;

create view hospital_claim as
select hospital_id, claim_id, visit_kind, received_at, status, pend_reasons, bill_fen, plan_pays_fen, decided_at,
       settled_at
from claim_status;

create view insurer_plan as
select
    plan_id,
    count(*) as claims,
    count(*) filter (where decision = 'adjudicated') as adjudicated,
    count(*) filter (where decision = 'denied') as denied,
    count(*) filter (where status = 'paid') as paid,
    coalesce(sum(bill_fen), 0)::bigint as bill_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    coalesce(sum(settled_fen) filter (where returned_at is null), 0)::bigint as settled_fen
from claim_status
where plan_id is not null
group by plan_id;

create view charity_referral as
select claim_id, person_id, plan_id, bill_fen, patient_fen, programmes, referred_at
from claim
where programmes is not null;

-- Who bears what of every decided bill: the sums a regulator asks for first.
create view regulator_bearing as
select plan_id, bearer.key as bearer, count(*) as claims, sum(bearer.value::bigint)::bigint as amount_fen
from claim, jsonb_each_text(bearings) as bearer
group by plan_id, bearer.key;

create view operator_open_claim as
select claim_id, status, pend_reasons, received_at, records, score
from claim_status
where decided_at is null;
