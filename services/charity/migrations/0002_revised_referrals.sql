-- A referral asks for less once the burden has fallen, or for nothing: then it leaves the list of what holds.
alter table referral add column revised_at timestamptz;
alter table referral add column withdrawn_at timestamptz;
