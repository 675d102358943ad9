-- All claims that bear an invoice, in the order in which they came: when the first is withdrawn, the others remain.
alter table invoice drop constraint invoice_pkey;
alter table invoice add column place bigint generated always as identity;
alter table invoice add primary key (digest, claim_id);
create index invoice_of_claim on invoice (claim_id);

-- A review is of one revision. It is dropped when nobody need look any more: its claim was corrected or withdrawn, or
-- its score fell; a score that rises again takes it up again.
alter table review
    add column revision   integer not null default 1,
    add column dropped_at timestamptz;
drop index review_open;
create index review_open on review (due_at, review_id) where verdict is null and dropped_at is null;
