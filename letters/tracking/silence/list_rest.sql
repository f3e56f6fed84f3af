-- List the other letters that a sign has counted: those of its slice that wait since it began, and that others have
-- overtaken where the leg goes on.
UPDATE letters_letterdispatch AS dispatch SET alarm_id = %(alarm)s
FROM letters_leg AS leg
CROSS JOIN LATERAL (SELECT bucket FROM letters_frontier WHERE leg_id = leg.id ORDER BY reached_at DESC LIMIT 1) AS frontier
JOIN {letters_of_leg} AS letter ON letter.channel_id = leg.channel_id AND letter.finished_at IS NULL
WHERE leg.id = %(leg)s AND letter.bucket >= %(since)s AND (%(is_still)s OR letter.bucket < frontier.bucket)
    AND dispatch.id = letter.id AND dispatch.alarm_id IS NULL AND {is_in_slice}
