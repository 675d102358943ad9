-- Roots from now on bear a signature of their service (Ed25519, over the chain), where it has a key for that.
alter table root add column key bytea, add column signature bytea;
