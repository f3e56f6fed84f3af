-- Each channel: (id, name, whether we know what is usual, first bucket with letters, waiting letters by age, last receipt, the
-- end of the file that has told of its last letter).
-- bucket: of now. channel: only that one, or null.
SELECT channel.id, channel.name, coalesce(leg.tolerances <> '{}', false), flow.first, waiting.by_age, last.final_at,
    CASE WHEN coalesce(to_timestamp(flow.last * 300.0) <= channel.file_until, true) THEN channel.file_until END
FROM letters_channel AS channel
LEFT JOIN letters_leg AS leg ON leg.channel_id = channel.id AND leg.kind = 'receipt'
LEFT JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
CROSS JOIN LATERAL (SELECT min(bucket) AS first, max(bucket) AS last FROM letters_flowcount WHERE slice_id = slice.id) AS flow
CROSS JOIN LATERAL (
    SELECT ARRAY[
        count(*) FILTER (WHERE sent_bucket > %(bucket)s - 12),
        count(*) FILTER (WHERE sent_bucket > %(bucket)s - 4 * 12 AND sent_bucket <= %(bucket)s - 12),
        count(*) FILTER (WHERE sent_bucket > %(bucket)s - 24 * 12 AND sent_bucket <= %(bucket)s - 4 * 12),
        count(*) FILTER (WHERE sent_bucket <= %(bucket)s - 24 * 12)
    ] AS by_age
    FROM letters_dispatchoutcome WHERE channel_id = channel.id AND final_at IS NULL AND sent_bucket IS NOT NULL
) AS waiting
CROSS JOIN LATERAL (SELECT max(final_at) AS final_at FROM letters_dispatchoutcome WHERE channel_id = channel.id) AS last
WHERE channel.id = coalesce(%(channel)s, channel.id)
ORDER BY lower(channel.name)
