-- The rows are locked already. `revision` is each claim's newest one; without a reason it goes on.
update submission
set revision = changed.revision,
    withdrawn_reason = changed.reason,
    withdrawn_channel = changed.channel,
    withdrawn_at = case when changed.reason is null then null else $5::timestamptz end
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) as changed (claim_id, revision, reason, channel)
where submission.claim_id = changed.claim_id
