insert into lookup (
    claim_id, revision, person_id, submission_id, total_fen, fund_total_fen, identity, cause, next_attempt_at,
    budget_ends_at
)
select claim_id, revision, person_id, submission_id, total_fen, fund_total_fen, identity, cause, $9, $10
from unnest(
    $1::text[], $2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bytea[]
) as new (claim_id, revision, person_id, submission_id, total_fen, fund_total_fen, identity, cause)
order by claim_id
-- A correction begins the question anew. Whoever asks for the old content has lost the lease with it.
on conflict (claim_id) do update
set revision = excluded.revision,
    total_fen = excluded.total_fen,
    fund_total_fen = excluded.fund_total_fen,
    identity = excluded.identity,
    cause = excluded.cause,
    attempts = 0,
    last_failure = null,
    next_attempt_at = excluded.next_attempt_at,
    budget_ends_at = excluded.budget_ends_at,
    given_up = false,
    erased = false,
    lease = null
where lookup.revision < excluded.revision
