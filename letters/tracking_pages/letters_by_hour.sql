-- The letters that were handed over on each channel: (channel, day, hour, letters).
-- days: dates in Copenhagen. channel: only that one, or null.
SELECT leg.channel_id, day.day, extract(hour FROM sent.local)::integer, sum(flow.letters)::integer
FROM unnest(%(days)s::date[]) AS day (day)
CROSS JOIN letters_leg AS leg
JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
JOIN letters_flowcount AS flow ON flow.slice_id = slice.id
    AND flow.bucket >= (extract(epoch FROM day.day::timestamp AT TIME ZONE 'Europe/Copenhagen') / 300)::integer
    AND flow.bucket < (extract(epoch FROM (day.day + 1)::timestamp AT TIME ZONE 'Europe/Copenhagen') / 300)::integer
CROSS JOIN LATERAL (SELECT to_timestamp(flow.bucket * 300.0) AT TIME ZONE 'Europe/Copenhagen' AS local) AS sent
WHERE leg.kind = 'receipt' AND leg.channel_id = coalesce(%(channel)s, leg.channel_id)
GROUP BY 1, 2, 3
