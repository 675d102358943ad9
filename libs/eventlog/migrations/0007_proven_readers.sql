-- Whether the reader's name was proved by a staff token, or is what they said.
alter table reading add column proven boolean not null default false;
