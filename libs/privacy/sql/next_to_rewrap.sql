select key_id, owner, master_key_id, wrapped_key
from privacy.person_key
where key_id > $1 and master_key_id <> $2 and wrapped_key is not null
order by key_id
limit $3
for update
