-- The bucket from which on a slice has most likely lost a share of its letters: where the missing ones are explained best by
-- that share on top of what is usual (the largest logarithm of the ratio of likelihoods).
WITH flow AS (
    SELECT flow.bucket, flow.letters, greatest(1e-6, waiting.share * %(times)s) AS usual, (
        SELECT count(*)
        FROM {letters_of_leg} AS letter JOIN letters_letterdispatch AS dispatch ON dispatch.id = letter.id
        WHERE letter.channel_id = leg.channel_id AND letter.bucket = flow.bucket AND letter.finished_at IS NULL
            AND {is_in_slice} AND {is_counted}
    ) AS missing
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice
        ON slice.leg_id = leg.id AND slice.kind = %(slice_kind)s AND slice.value = %(slice_value)s
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id
        AND flow.bucket < %(frontier)s AND flow.bucket > %(frontier)s - %(oldest)s
    JOIN letters_waitingshare AS waiting ON waiting.leg_id = leg.id AND waiting.age = %(frontier)s - flow.bucket
    WHERE leg.id = %(leg)s
), likely AS (
    SELECT bucket, missing,
        sum(missing * ln(1 + %(share)s / usual) - %(share)s * letters) OVER (ORDER BY bucket DESC) AS likelihood
    FROM flow
)
SELECT bucket FROM likely WHERE missing > 0 ORDER BY likelihood DESC LIMIT 1
