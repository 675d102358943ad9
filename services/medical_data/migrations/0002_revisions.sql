-- Which content of the claim the question is about: a correction asks again.
alter table lookup add column revision integer not null default 1;
