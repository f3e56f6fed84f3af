-- List the other letters that a sign has counted: those of its slice that wait since it began, and that others have
-- overtaken where the leg goes on.
UPDATE letters_letterdispatch AS letter SET alarm_id = %(alarm)s
FROM letters_leg AS leg
CROSS JOIN LATERAL (SELECT bucket FROM letters_frontier WHERE leg_id = leg.id ORDER BY reached_at DESC LIMIT 1) AS frontier
WHERE leg.id = %(leg)s AND letter.channel_id = leg.channel_id AND letter.alarm_id IS NULL
    AND letter.{finished_at} IS NULL AND {is_on_leg} AND {is_in_slice}
    AND letter.{bucket} >= %(since)s AND (%(is_still)s OR letter.{bucket} < frontier.bucket)
