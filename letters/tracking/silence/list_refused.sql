-- List the letters that were refused for a reason since a time.
UPDATE letters_letterdispatch AS letter SET alarm_id = %(alarm)s
FROM letters_leg AS leg, letters_receipt AS receipt
WHERE leg.id = %(leg)s AND letter.channel_id = leg.channel_id AND letter.alarm_id IS NULL
    AND receipt.dispatch_id = letter.id AND receipt.received_at >= %(since)s
    AND {is_refused} AND letter.is_delivered IS NOT TRUE AND {code} = %(code)s
