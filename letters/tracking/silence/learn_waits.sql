-- The longest time that a letter has waited behind the frontier with enough others to stand still, in how many five minutes of such
-- a time the letters got other receipts, and how slow the leg was at most. Times of alarms are left out.
UPDATE letters_leg AS leg SET longest_wait_by_day = told.by_day, longest_wait_by_night = told.by_night,
    longest_answered_wait = told.answered,
    slowest_pace = (
        SELECT percentile_cont(0.995) WITHIN GROUP (
            ORDER BY extract(epoch FROM pace.delay) / greatest(1, extract(epoch FROM leg.median_delay))
        )
        FROM letters_pace AS pace
        WHERE pace.leg_id = leg.id AND pace.letters >= 30 AND pace.at >= %(first)s AND pace.at < %(last)s AND NOT EXISTS (
            SELECT FROM letters_silencealarm AS alarm WHERE alarm.channel_id = leg.channel_id AND NOT alarm.is_false
                AND pace.at >= alarm.raised_at - interval '1 day' AND (alarm.closed_at IS NULL OR pace.at < alarm.closed_at)
        )
    )
FROM (
    SELECT leg.id, max(wait.length) FILTER (WHERE NOT wait.is_by_night) AS by_day,
        max(wait.length) FILTER (WHERE wait.is_by_night) AS by_night,
        max(answered.steps) AS answered
    FROM letters_leg AS leg
    CROSS JOIN LATERAL (
        SELECT bucket, reached_at, lead(reached_at) OVER (ORDER BY reached_at) AS next_at
        FROM letters_frontier WHERE leg_id = leg.id AND reached_at >= %(first)s AND reached_at < %(last)s
    ) AS frontier
    CROSS JOIN LATERAL (
        SELECT count(*) AS letters, min(known_at) AS first_at, max(known_at) AS last_at
        FROM (
            SELECT known_at FROM {letters_of_leg} AS letter
            WHERE channel_id = leg.channel_id AND letter.bucket > frontier.bucket ORDER BY letter.bucket LIMIT %(fewest)s
        ) AS first_ones
    ) AS behind
    CROSS JOIN LATERAL (SELECT {wait_then} AS length, {is_by_night} AS is_by_night) AS wait
    LEFT JOIN LATERAL (SELECT frontier.next_at - interval '5 minutes' AS at WHERE wait.length > %(least_wait)s) AS step ON true
    CROSS JOIN LATERAL ({answered}) AS answered
    WHERE leg.kind = %(kind)s AND behind.letters = %(fewest)s AND behind.last_at <= frontier.next_at AND NOT EXISTS (
        SELECT FROM letters_silencealarm AS alarm WHERE alarm.channel_id = leg.channel_id AND NOT alarm.is_false
            AND frontier.next_at >= alarm.raised_at AND (alarm.closed_at IS NULL OR frontier.reached_at < alarm.closed_at)
    )
    GROUP BY leg.id
) AS told
WHERE leg.id = told.id
