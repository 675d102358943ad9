-- `party`: who has read, without naming a person: of patients and of staff who operate only the kind, of others the
-- organisation, which is what `reader` says.
create or replace view access_reading as
select read_at, reader, shown_by, view, claim_id, person_id, fields, edition, rules, consents, id,
    case when split_part(reader, ':', 1) in ('patient', 'operator') then split_part(reader, ':', 1) else reader end
        as party
from access_read;
