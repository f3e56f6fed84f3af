-- The bucket from which on the most letters of a slice are missing beyond what is expected.
WITH flow AS (
    SELECT flow.bucket, flow.letters * waiting.share * %(times)s AS expected, (
        SELECT count(*) FROM letters_letterdispatch AS letter
        WHERE letter.channel_id = leg.channel_id AND letter.{bucket} = flow.bucket AND letter.{finished_at} IS NULL
            AND {is_on_leg} AND {is_in_slice}
    ) AS missing
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = %(slice_kind)s AND slice.value = %(slice_value)s
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id
        AND flow.bucket < %(frontier)s AND flow.bucket > %(frontier)s - %(oldest)s
    JOIN letters_waitingshare AS waiting ON waiting.leg_id = leg.id AND waiting.age = %(frontier)s - flow.bucket
    WHERE leg.id = %(leg)s
)
SELECT bucket FROM (SELECT bucket, missing, sum(missing - expected) OVER (ORDER BY bucket DESC) AS excess FROM flow) AS summed
WHERE missing > 0 ORDER BY excess DESC LIMIT 1
