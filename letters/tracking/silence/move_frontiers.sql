-- Move the frontier of each leg to the newest bucket of which the leg has finished half of the first 20 letters from there
-- on. Buckets that a later one passed at the same time are left out, so that the newest row is the frontier.
WITH last AS (
    SELECT leg.id AS leg_id, leg.channel_id, slice.id AS slice_id, frontier.bucket, frontier.reached_at
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    LEFT JOIN LATERAL (
        SELECT bucket, reached_at FROM letters_frontier WHERE leg_id = leg.id ORDER BY reached_at DESC LIMIT 1
    ) AS frontier ON true
    WHERE leg.kind = %(kind)s
), finished AS (
    SELECT last.leg_id, flow.bucket, greatest(first.finished_at, first.known_at, last.reached_at) AS reached_at
    FROM last
    JOIN letters_flowcount AS flow ON flow.slice_id = last.slice_id AND flow.bucket > coalesce(last.bucket, 0)
    CROSS JOIN LATERAL (
        SELECT count(*) AS letters, (array_agg(finished_at ORDER BY finished_at))[10] AS finished_at,
            max(known_at) AS known_at
        FROM (
            SELECT finished_at, known_at FROM {letters_of_leg} AS letter
            WHERE channel_id = last.channel_id AND letter.bucket >= flow.bucket ORDER BY letter.bucket LIMIT 20
        ) AS twenty
    ) AS first
    WHERE first.letters = 20 AND first.finished_at <= %(at)s
), passed AS (
    SELECT *, min(reached_at) OVER (
        PARTITION BY leg_id ORDER BY bucket ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS later_at
    FROM finished
)
INSERT INTO letters_frontier (leg_id, bucket, reached_at)
SELECT leg_id, bucket, reached_at FROM passed
WHERE reached_at <= %(at)s AND (later_at IS NULL OR reached_at < later_at)
