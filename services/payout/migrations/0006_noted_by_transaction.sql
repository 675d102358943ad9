-- What insurers are still to be told of, in one row for each transaction that heard of it: a row for each decision was
-- as dear as the decision's own. As text: only payout reads it, and never a part of it.
alter table insurer_todo add column noted text;
update insurer_todo set noted = jsonb_build_array(
    jsonb_build_object('about', about || jsonb_build_object('kind', kind), 'traceparent', traceparent)
)::text;
alter table insurer_todo
    drop column kind,
    drop column about,
    drop column traceparent,
    alter column noted set not null;
