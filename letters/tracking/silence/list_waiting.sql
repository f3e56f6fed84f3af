-- List the letters that wait behind the frontier of a still leg for longer than the leg has ever been still.
UPDATE letters_letterdispatch AS letter SET alarm_id = %(alarm)s
FROM letters_leg AS leg
CROSS JOIN LATERAL (SELECT bucket FROM letters_frontier WHERE leg_id = leg.id ORDER BY reached_at DESC LIMIT 1) AS frontier
WHERE leg.id = %(leg)s AND letter.channel_id = leg.channel_id AND letter.alarm_id IS NULL
    AND letter.{finished_at} IS NULL AND {is_on_leg}
    AND letter.{bucket} > frontier.bucket AND letter.{known_at} <= %(until)s
