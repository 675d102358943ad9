select
    hospital_id, submission_id, digest, claim_id, idempotency_digest, received_at, channel, person_id, mark,
    revision, withdrawn_at, withdrawn_reason, withdrawn_channel
from submission
where (hospital_id, submission_id) in (select * from unnest($1::text[], $2::text[]))
   or (hospital_id, idempotency_digest) in (select * from unnest($1::text[], $3::text[]))
