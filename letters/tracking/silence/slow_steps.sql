-- In how many five minutes of the last two hours a leg has finished letters, and in how many of them they were slow.
SELECT count(*), count(*) FILTER (WHERE is_slow)
FROM letters_leg AS leg
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY finished_at - known_at) > %(limit)s * leg.median_delay AS is_slow
    FROM {letters_of_leg} AS letter
    WHERE channel_id = leg.channel_id AND finished_at > %(at)s - interval '2 hours' AND finished_at <= %(at)s
    GROUP BY floor(extract(epoch FROM finished_at) / 300)
) AS step
WHERE leg.id = %(leg)s
