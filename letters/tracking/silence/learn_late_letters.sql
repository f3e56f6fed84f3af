-- Note the letters that were overtaken, of the buckets that are learnt from now. Letters of an alarm are left out.
INSERT INTO letters_lateletter (leg_id, dispatch_id, bucket, age)
SELECT leg.id, letter.id, letter.bucket, frontier.bucket - letter.bucket
FROM letters_leg AS leg
JOIN {letters_of_leg} AS letter
    ON letter.channel_id = leg.channel_id AND letter.bucket >= leg.learned_until AND letter.bucket < %(until)s
CROSS JOIN LATERAL (SELECT letter.finished_at AS at) AS step
LEFT JOIN LATERAL ({overtaken_until}) AS frontier ON true
JOIN letters_letterdispatch AS dispatch ON dispatch.id = letter.id
LEFT JOIN letters_silencealarm AS alarm ON alarm.id = dispatch.alarm_id AND NOT alarm.is_false
WHERE leg.kind = %(kind)s AND alarm.id IS NULL AND (letter.finished_at IS NULL OR frontier.bucket > letter.bucket)
