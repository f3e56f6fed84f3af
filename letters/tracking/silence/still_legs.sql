-- The legs with letters behind their frontier for longer than three quarters of an hour: (leg, letters, wait, the longest wait
-- that is usual, since, five minutes in which the letters got receipts that are not final, the most that is usual). Letters of
-- a file wait until the last word of the file.
SELECT leg.id, behind.letters, {wait_now},
    CASE WHEN {is_by_night} THEN coalesce(greatest(leg.longest_wait_by_night, leg.longest_wait_by_day), interval '1 day')
        ELSE coalesce(leg.longest_wait_by_day, interval '4 hours') END, behind.first_at,
    answered.steps, coalesce(leg.longest_answered_wait, 0)
FROM letters_leg AS leg
JOIN letters_channel AS channel ON channel.id = leg.channel_id
CROSS JOIN LATERAL (
    SELECT bucket FROM letters_frontier WHERE leg_id = leg.id AND reached_at <= %(at)s ORDER BY reached_at DESC LIMIT 1
) AS frontier
CROSS JOIN LATERAL (
    SELECT count(*) AS letters, min(letter.known_at) AS first_at, max(letter.known_at) AS last_at
    FROM {letters_of_leg} AS letter JOIN letters_letterdispatch AS dispatch ON dispatch.id = letter.id
    WHERE letter.channel_id = leg.channel_id AND letter.bucket > frontier.bucket AND letter.finished_at IS NULL
        AND letter.known_at <= %(at)s AND {is_counted}
) AS behind
CROSS JOIN LATERAL (
    SELECT CASE WHEN behind.last_at <= channel.file_until THEN channel.file_until ELSE %(at)s END AS at
) AS step
CROSS JOIN LATERAL ({answered}) AS answered
WHERE leg.kind = %(kind)s AND leg.tolerances <> '{}' AND behind.letters >= %(fewest)s
    AND behind.first_at < step.at - %(least_wait)s
