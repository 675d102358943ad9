create table deadline (
    claim_id    text primary key,
    person_id   text        not null,
    due_at      timestamptz not null,
    -- When to try next: later than due only for a clock that could not be heard, whose failure waits for an operator.
    ring_at     timestamptz not null,
    failures    integer     not null default 0,
    failure     text,
    traceparent text
);
create index deadline_ring on deadline (ring_at);
create index deadline_failing on deadline (failures) where failures > 0;
