-- List the waiting letters of a slice of which at most one in ten like it will still come.
UPDATE letters_letterdispatch AS dispatch SET alarm_id = %(alarm)s
FROM letters_leg AS leg, {letters_of_leg} AS letter, letters_waitingshare AS waiting, letters_waitingshare AS last
WHERE leg.id = %(leg)s AND letter.channel_id = leg.channel_id AND letter.finished_at IS NULL
    AND letter.bucket >= %(since)s AND letter.bucket < %(frontier)s
    AND dispatch.id = letter.id AND dispatch.alarm_id IS NULL AND {is_in_slice}
    AND waiting.leg_id = leg.id AND waiting.age = least(%(frontier)s - letter.bucket, %(oldest)s)
    AND last.leg_id = leg.id AND last.age = %(oldest)s
    AND waiting.share - last.share <= 0.1 * (%(share)s + waiting.share)
