-- The bucket that a leg had reached a grace before `step.at`. While a leg finishes nothing for that long, as over a weekend,
-- its clock stands still: no letter is overtaken by waiting. A quarter of the grace is for a batch to come whole.
SELECT frontier.bucket
FROM (
    SELECT max(finished_at) AS at FROM {letters_of_leg} AS letter
    WHERE channel_id = leg.channel_id AND finished_at <= step.at - leg.grace / 4
) AS last
CROSS JOIN LATERAL (
    SELECT bucket FROM letters_frontier
    WHERE leg_id = leg.id AND reached_at <= CASE
        WHEN last.at > step.at - leg.grace THEN step.at - leg.grace ELSE last.at - leg.grace * 0.75
    END
    ORDER BY reached_at DESC LIMIT 1
) AS frontier
