select
    count(*) as claims,
    count(*) filter (where decided_at is not null) as decided,
    count(*) filter (where settled_at is not null and returned_at is null) as paid,
    coalesce(sum(settled_fen) filter (where returned_at is null), 0)::bigint as paid_fen,
    coalesce(sum(plan_pays_fen), 0)::bigint as plan_pays_fen,
    percentile_cont(0.5) within group (order by extract(epoch from settled_at - received_at)) as median_seconds,
    percentile_cont(0.99) within group (order by extract(epoch from settled_at - received_at)) as p99_seconds,
    min(received_at) as first_received_at,
    max(settled_at) as last_settled_at
from claim
