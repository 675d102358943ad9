-- One pass over all claims: the row of all, and one for each status. `grouping` is 1 for the first.
select
    grouping(status) as is_of_all,
    status,
    count(*) as claims,
    count(*) filter (where decision in ('adjudicated', 'denied')) as decided,
    count(*) filter (where settled_fen is not null) as paid,
    coalesce(sum(settled_fen), 0)::bigint as paid_fen,
    coalesce(sum(owing_fen), 0)::bigint as owing_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    percentile_cont(0.5) within group (order by extract(epoch from settled_at - received_at)) as median_seconds,
    percentile_cont(0.99) within group (order by extract(epoch from settled_at - received_at)) as p99_seconds,
    min(received_at) as first_received_at,
    max(settled_at) as last_settled_at
from claim_status
group by grouping sets ((), (status))
