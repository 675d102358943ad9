-- A claim's six steps were six keys of ninety bytes in an index by subject: 550 MB of it for a million claims, whose every
-- page a checkpoint has logged whole again. Where a step comes from is unique by itself, and those keys come in order; by
-- subject alone, equal keys are kept once. It takes a minute per million claims, in which nobody reads or writes steps.
alter table step drop constraint step_pkey;
alter table step add primary key (source, shard, position);
create index step_of_subject on step (subject);
