-- Measure the median delay of the last two hours for each half hour that has none yet.
INSERT INTO letters_pace (leg_id, at, letters, delay)
SELECT leg.id, step.at, told.letters, told.delay
FROM letters_leg AS leg
CROSS JOIN LATERAL (SELECT max(at) AS at FROM letters_pace WHERE leg_id = leg.id) AS last
CROSS JOIN LATERAL generate_series(
    coalesce(last.at + interval '30 minutes', date_bin('30 minutes', %(from)s, timestamptz '1970-01-01 00:00+00')),
    %(at)s, '30 minutes'
) AS step (at)
CROSS JOIN LATERAL (
    SELECT count(*) AS letters, percentile_cont(0.5) WITHIN GROUP (ORDER BY finished_at - known_at) AS delay
    FROM {letters_of_leg} AS letter
    WHERE channel_id = leg.channel_id AND finished_at > step.at - interval '2 hours' AND finished_at <= step.at
) AS told
WHERE leg.kind = %(kind)s
