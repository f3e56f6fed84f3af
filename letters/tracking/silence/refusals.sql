-- Letters that were refused in the last day: (leg, code, letters refused, since, the share that is usual, letters).
WITH refused AS (
    SELECT dispatch.channel_id, {code} AS code, count(DISTINCT dispatch.id) AS letters, min(receipt.received_at) AS since
    FROM letters_receipt AS receipt
    JOIN letters_letterdispatch AS dispatch ON dispatch.id = receipt.dispatch_id
    WHERE {is_refused} AND {is_counted} AND receipt.received_at > %(at)s - interval '1 day' AND receipt.received_at <= %(at)s
    GROUP BY 1, 2
    HAVING count(*) >= 3
)
SELECT leg.id, refused.code, refused.letters, refused.since, coalesce(usual.share, whole.share), flow.letters
FROM refused
JOIN letters_leg AS leg ON leg.channel_id = refused.channel_id AND leg.kind = 'receipt'
JOIN letters_legslice AS whole ON whole.leg_id = leg.id AND whole.kind = 'channel' AND whole.share IS NOT NULL
LEFT JOIN letters_legslice AS usual ON usual.leg_id = leg.id AND usual.kind = 'code' AND usual.value = refused.code
CROSS JOIN LATERAL (
    SELECT sum(letters) AS letters FROM letters_flowcount WHERE slice_id = whole.id AND bucket > %(bucket)s - 288
) AS flow
