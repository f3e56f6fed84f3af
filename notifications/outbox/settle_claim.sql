-- Save the conversation about a mail, and set the state of the delivery.
--
-- One statement for both tables, so that a worker killed here has written both or neither. Only the holder of the lease
-- may change the state, with one exception: an accepted mail is accepted, even after the lease was lost.
--
-- duration: how long the conversation took. wait: the time until the next attempt, or NULL.
WITH attempt AS (
    INSERT INTO notifications_attempt (
        delivery_id, lease, started_at, ended_at, stage, code, reply, dsn_offered, outcome, server
    )
    VALUES (
        %(delivery_id)s, %(lease)s, %(now)s::timestamptz - %(duration)s::interval, %(now)s, %(stage)s, %(code)s,
        %(reply)s, %(dsn)s, %(outcome)s, %(server)s
    )
)
UPDATE notifications_delivery
SET state = %(state)s,
    next_attempt_at = %(now)s + %(wait)s::interval,
    attempts = attempts + 1,
    changed_at = %(now)s,
    accepted_at = CASE WHEN %(state)s = 'ACCEPTED' THEN %(now)s END,
    stage = %(stage)s,
    code = %(code)s,
    reply = %(reply)s,
    queue_id = %(queue_id)s,
    first_lease = CASE WHEN %(state)s = 'ACCEPTED' THEN LEAST(first_lease, %(lease)s) ELSE first_lease END
WHERE id = %(delivery_id)s AND state <> 'ACCEPTED'
  AND (%(state)s = 'ACCEPTED' OR (lease = %(lease)s AND state = 'SENDING'))
RETURNING lease
