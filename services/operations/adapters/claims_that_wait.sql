-- Every claim of the read model, and what it waits for, by the tables of the services that know; null: for nothing.
-- Insurers' statements keep nobody: an insurer's stream stands alone, and is never put away.
with waiting (claim_id, what) as (
    select claim_id, 'deadline' from adjudication.deadline
    union all select claim_id, 'appeal' from adjudication.overdue_appeal
    union all select claim_id, 'review' from fraud.review where verdict is null
    union all select claim_id, 'bureau' from medical_data.lookup
    union all select claim_id, 'held_payment' from payout.held
    union all select claim_id, 'stayed_payment' from payout.stay
    union all select claim_id, 'payment' from payout.payment where status = 'instructed'
    union all select claim_id, 'clawback' from payout.clawback where open_fen > 0
    union all select claim_id, kind from projections.operator_todo where claim_id is not null
),
first (claim_id, what) as (select claim_id, min(what) from waiting group by claim_id)
select claim_status.claim_id, coalesce(
    case when status not in ('paid', 'denied', 'withdrawn', 'decided_nothing_due', 'settled_at_desk') then status end,
    what
) as waits_for
from projections.claim_status left join first on first.claim_id = claim_status.claim_id
