update privacy.person_key k
set wrapped_key = r.wrapped_key, master_key_id = $3
from unnest($1::uuid[], $2::bytea[]) as r (key_id, wrapped_key)
where k.key_id = r.key_id
