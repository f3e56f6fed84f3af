-- How many times slower than usual each leg is in its last two half hours: (leg, the slowest that is usual,
-- letters of the last two, times slower of the last two, the slowest in each window's time).
SELECT leg.id, leg.slowest_pace, (array_agg(pace.letters ORDER BY pace.at DESC))[:2],
    (array_agg(extract(epoch FROM pace.delay)::float / greatest(1, extract(epoch FROM leg.median_delay)::float) ORDER BY pace.at DESC))[:2],
    {slowest}
FROM letters_leg AS leg
JOIN letters_pace AS pace ON pace.leg_id = leg.id AND pace.at <= %(at)s AND pace.at > %(at)s - interval '7 days'
CROSS JOIN LATERAL (SELECT %(at)s::timestamptz AS at) AS step
WHERE leg.kind = %(kind)s AND leg.tolerances <> '{}'
GROUP BY leg.id
