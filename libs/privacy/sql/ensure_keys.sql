-- $1 owners, $2 candidate key ids, $3 candidate wrapped keys, $4 master key id of the candidates.
-- Sorted, so that two batches that create the same owners wait for each other in one direction only.
with wanted as (
    select w.owner, w.key_id, w.wrapped_key
    from unnest($1::text[], $2::uuid[], $3::bytea[]) as w (owner, key_id, wrapped_key)
), live as (
    select k.key_id, k.owner, k.master_key_id, k.wrapped_key
    from privacy.person_key k
    join wanted on wanted.owner = k.owner
    where k.wrapped_key is not null
), created as (
    insert into privacy.person_key (key_id, owner, master_key_id, wrapped_key)
    select w.key_id, w.owner, $4, w.wrapped_key
    from wanted w
    where not exists (select from live where live.owner = w.owner)
    order by w.owner
    on conflict (owner) where wrapped_key is not null do nothing
    returning key_id, owner, master_key_id, wrapped_key
)
select key_id, owner, master_key_id, wrapped_key from live
union all
select key_id, owner, master_key_id, wrapped_key from created
