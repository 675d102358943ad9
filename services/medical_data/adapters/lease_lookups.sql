with due as (
    select claim_id
    from lookup
    where next_attempt_at <= $1 and not erased
    -- First those that a decision waits for: what was given up in a long outage must not use up their budget.
    order by given_up, next_attempt_at
    limit $4
    for update skip locked
)
update lookup
set next_attempt_at = $2, lease = $3
from due
where lookup.claim_id = due.claim_id
returning
    lookup.claim_id, revision, person_id, submission_id, total_fen, fund_total_fen, identity, cause, attempts,
    given_up
