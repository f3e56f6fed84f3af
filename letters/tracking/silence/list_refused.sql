-- List the letters that were refused for a reason since a time.
UPDATE letters_letterdispatch AS dispatch SET alarm_id = %(alarm)s
FROM letters_leg AS leg, letters_receipt AS receipt, letters_dispatchoutcome AS outcome
WHERE leg.id = %(leg)s AND dispatch.channel_id = leg.channel_id AND dispatch.alarm_id IS NULL
    AND receipt.dispatch_id = dispatch.id AND receipt.received_at >= %(since)s
    AND outcome.dispatch_id = dispatch.id AND outcome.is_delivered IS NOT TRUE AND {is_refused} AND {code} = %(code)s
