-- Claim a worker's share of the due deliveries: (id, lease, attempts, leases since the last conversation).
--
-- {due}: the query of the due deliveries, oldest first.
-- workers: the number of workers. count_limit: count the due deliveries only so far. lease_time: how long a lease lasts.
WITH due AS MATERIALIZED (
    -- MATERIALIZED, because a plan may run a plain sub-select more than once and so take more rows than its LIMIT. A
    -- worker's share is the number of due deliveries, counted only as far as needed, divided by the number of workers.
    {due}
    LIMIT (SELECT ceil(count(*) / %(workers)s::numeric) FROM (SELECT FROM ({due}) seen LIMIT %(count_limit)s) counted)
    FOR UPDATE OF notifications_delivery SKIP LOCKED
)
UPDATE notifications_delivery delivery
SET state = 'SENDING', lease = delivery.lease + 1, next_attempt_at = %(now)s + %(lease_time)s, changed_at = %(now)s
FROM due
WHERE delivery.id = due.id
RETURNING delivery.id, delivery.lease, delivery.attempts, delivery.lease - 1 - COALESCE(
    (SELECT max(lease) FROM notifications_attempt attempt WHERE attempt.delivery_id = delivery.id), 0)
