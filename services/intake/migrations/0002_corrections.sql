-- What became of a claim after its registration. The row itself stays the first revision's; `mark` tells that very
-- sending from another of the same content (a keyed hash of its Idempotency-Key, or its place on the ingress topic).
alter table submission
    add column person_id         text,
    add column mark              text,
    add column revision          integer not null default 1,
    add column withdrawn_at      timestamptz,
    add column withdrawn_reason  text,
    add column withdrawn_channel text;

update submission
set person_id = convert_from(event.body, 'UTF8')::jsonb ->> 'person_id', mark = idempotency_digest
from event
where event.stream_id = 'claim-' || submission.claim_id and event.version = 1;

alter table submission alter column person_id set not null;

-- The second and later revisions.
create table correction (
    claim_id    uuid        not null,
    revision    integer     not null,
    digest      text        not null,
    channel     text        not null,
    received_at timestamptz not null,
    mark        text,
    primary key (claim_id, revision)
);
