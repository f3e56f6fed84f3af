-- List the letters that wait behind the frontier of a still leg for longer than the leg has ever been still.
UPDATE letters_letterdispatch AS dispatch SET alarm_id = %(alarm)s
FROM letters_leg AS leg
CROSS JOIN LATERAL (SELECT bucket FROM letters_frontier WHERE leg_id = leg.id ORDER BY reached_at DESC LIMIT 1) AS frontier
JOIN {letters_of_leg} AS letter ON letter.channel_id = leg.channel_id AND letter.finished_at IS NULL
WHERE leg.id = %(leg)s AND letter.bucket > frontier.bucket AND letter.known_at <= %(until)s
    AND dispatch.id = letter.id AND dispatch.alarm_id IS NULL
