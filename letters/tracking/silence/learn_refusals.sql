-- The share of letters that is refused usually, for each reason. The share of the whole channel is that of a reason that was
-- never seen.
WITH flow AS (
    SELECT slice.leg_id, leg.channel_id, sum(flow.letters)::float AS letters
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id AND flow.bucket >= %(from)s AND flow.bucket < %(until)s
    WHERE leg.kind = 'receipt'
    GROUP BY slice.leg_id, leg.channel_id
    HAVING sum(flow.letters) >= 100
)
INSERT INTO letters_legslice (leg_id, kind, value, share)
SELECT leg_id, 'channel', '', 0.5 / letters FROM flow
UNION ALL
SELECT flow.leg_id, 'code', {code}, greatest(0.5, count(DISTINCT dispatch.id)) / max(flow.letters)
FROM letters_receipt AS receipt
JOIN letters_letterdispatch AS dispatch ON dispatch.id = receipt.dispatch_id
JOIN flow ON flow.channel_id = dispatch.channel_id
LEFT JOIN letters_silencealarm AS alarm ON alarm.id = dispatch.alarm_id AND NOT alarm.is_false
WHERE {is_refused} AND receipt.received_at >= %(first)s AND receipt.received_at < %(last)s AND alarm.id IS NULL
GROUP BY flow.leg_id, {code}
ON CONFLICT (leg_id, kind, value) DO UPDATE SET share = EXCLUDED.share
