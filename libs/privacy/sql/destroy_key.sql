update privacy.person_key
set wrapped_key = null, destroyed_at = now()
where owner = $1 and wrapped_key is not null
returning key_id
