insert into lookup (
    claim_id, person_id, submission_id, total_fen, fund_total_fen, identity, cause, next_attempt_at, budget_ends_at
)
select claim_id, person_id, submission_id, total_fen, fund_total_fen, identity, cause, $8, $9
from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[])
    as new (claim_id, person_id, submission_id, total_fen, fund_total_fen, identity, cause)
-- A claim that was answered is not asked for again, however often it is announced.
where not exists (select from event where event.stream_id = 'claim-' || new.claim_id)
on conflict (claim_id) do nothing
