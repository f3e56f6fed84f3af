-- List the waiting letters of a slice of which at most one in ten like it will still come.
UPDATE letters_letterdispatch AS letter SET alarm_id = %(alarm)s
FROM letters_leg AS leg, letters_waitingshare AS waiting, letters_waitingshare AS last
WHERE leg.id = %(leg)s AND letter.channel_id = leg.channel_id AND letter.alarm_id IS NULL
    AND letter.{finished_at} IS NULL AND {is_on_leg} AND {is_in_slice}
    AND letter.{bucket} >= %(since)s AND letter.{bucket} < %(frontier)s
    AND waiting.leg_id = leg.id AND waiting.age = least(%(frontier)s - letter.{bucket}, %(oldest)s)
    AND last.leg_id = leg.id AND last.age = %(oldest)s
    AND waiting.share - last.share <= 0.1 * (%(share)s + waiting.share)
