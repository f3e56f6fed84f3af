-- How many times more letters of a slice are late than of the leg, at one age in each window. Never fewer than once.
WITH counted AS (
    SELECT slice.id, slice.leg_id, slice.kind, slice.value, sum(flow.letters) AS letters
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id AND flow.bucket >= %(from)s AND flow.bucket < %(until)s
    WHERE leg.kind = %(kind)s
    GROUP BY slice.id
), late AS (
    SELECT late.leg_id, slice.kind, slice.value, {late_at} AS late
    FROM letters_lateletter AS late
    JOIN letters_letterdispatch AS dispatch ON dispatch.id = late.dispatch_id
    CROSS JOIN LATERAL ({slices_of_letter}) AS slice
    WHERE late.bucket >= %(from)s
    GROUP BY late.leg_id, slice.kind, slice.value
), share AS (
    SELECT leg_id, array_agg(share ORDER BY age) AS shares FROM letters_waitingshare WHERE age = ANY(%(ages)s) GROUP BY leg_id
)
UPDATE letters_legslice AS slice SET norms = ARRAY(
    SELECT greatest(1, (coalesce(late.late[number], 0) + 3) / (counted.letters * share.shares[number] + 3))
    FROM generate_series(1, %(windows)s) AS number
)
FROM counted JOIN share USING (leg_id) LEFT JOIN late USING (leg_id, kind, value)
WHERE slice.id = counted.id
