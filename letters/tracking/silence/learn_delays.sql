-- The usual delay of each leg, and the time that letters get before they count as overtaken.
UPDATE letters_leg AS leg SET median_delay = told.delay, grace = greatest(interval '20 minutes', 2 * told.delay),
    learned_until = coalesce(leg.learned_until, %(from)s)
FROM (
    SELECT leg.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY letter.finished_at - letter.known_at) AS delay
    FROM letters_leg AS leg JOIN {letters_of_leg} AS letter ON letter.channel_id = leg.channel_id
        AND letter.bucket >= %(from)s AND letter.bucket < %(until)s
    WHERE leg.kind = %(kind)s AND letter.finished_at IS NOT NULL
    GROUP BY leg.id
    HAVING count(*) >= 100
) AS told
WHERE leg.id = told.id
