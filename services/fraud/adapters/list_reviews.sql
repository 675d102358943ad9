select review.*
from review
left join review as last on last.review_id = $3
where case $1 when 'open' then review.verdict is null and review.dropped_at is null else review.verdict is not null end
  and (
      $3::text is null
      or (case $1 when 'open' then review.due_at else review.concluded_at end, review.review_id)
       > (case $1 when 'open' then last.due_at else last.concluded_at end, last.review_id)
  )
order by case $1 when 'open' then review.due_at else review.concluded_at end, review.review_id
limit $2
