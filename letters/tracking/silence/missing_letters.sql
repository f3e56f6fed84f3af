-- For each slice with at least three letters that were overtaken: how many are missing in each window of ages, how many are
-- expected to be, and how many there are. Rows: (leg, frontier, kind, value, norms, missing, expected, letters).
WITH leg AS MATERIALIZED (
    SELECT leg.id, leg.channel_id, frontier.bucket,
        ARRAY(SELECT share FROM letters_waitingshare WHERE leg_id = leg.id ORDER BY age) AS shares
    FROM letters_leg AS leg
    CROSS JOIN (SELECT %(at)s::timestamptz AS at) AS step
    CROSS JOIN LATERAL ({overtaken_until}) AS frontier
    WHERE leg.kind = %(kind)s AND leg.tolerances <> '{}'
), waiting AS (
    SELECT leg.id AS leg_id, leg.bucket - letter.bucket AS age, dispatch.*
    FROM leg
    JOIN {letters_of_leg} AS letter ON letter.channel_id = leg.channel_id AND letter.finished_at IS NULL
        AND letter.bucket > leg.bucket - %(oldest)s AND letter.bucket < leg.bucket
    JOIN letters_letterdispatch AS dispatch ON dispatch.id = letter.id
    WHERE {is_counted}
), missing AS (
    SELECT dispatch.leg_id, slice.kind, slice.value, {missing} AS missing
    FROM waiting AS dispatch CROSS JOIN LATERAL ({slices_of_letter}) AS slice
    GROUP BY dispatch.leg_id, slice.kind, slice.value
    HAVING count(*) >= 3 OR slice.kind = 'channel'
)
SELECT slice.leg_id, leg.bucket, slice.kind, slice.value, slice.norms, missing.missing, expected.expected, expected.letters
FROM missing
JOIN leg ON leg.id = missing.leg_id
JOIN letters_legslice AS slice USING (leg_id, kind, value)
CROSS JOIN LATERAL (
    SELECT {expected} AS expected, {letters} AS letters
    FROM (
        SELECT leg.bucket - flow.bucket AS age, flow.letters, flow.letters * leg.shares[leg.bucket - flow.bucket] AS expected
        FROM letters_flowcount AS flow
        WHERE flow.slice_id = slice.id AND flow.bucket > leg.bucket - %(oldest)s AND flow.bucket < leg.bucket
    ) AS flow
) AS expected
