-- Sorted, so that two replicas with the same names in their batches cannot deadlock. A name or an Idempotency-Key
-- that is taken, also by a transaction that has just committed, is left out of the answer.
insert into submission (
    hospital_id, submission_id, digest, claim_id, idempotency_digest, channel, person_id, mark, received_at
)
select hospital_id, submission_id, digest, claim_id, idempotency_digest, channel, person_id, mark, $9
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
    as new (hospital_id, submission_id, digest, claim_id, idempotency_digest, channel, person_id, mark)
order by hospital_id, submission_id
on conflict do nothing
returning hospital_id, submission_id
