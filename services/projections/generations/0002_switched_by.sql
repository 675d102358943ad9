-- The member of staff who put a generation in the place of the live one, as their token proved it.
alter table generation add column switched_by text;
