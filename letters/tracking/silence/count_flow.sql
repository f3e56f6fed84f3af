-- Count the letters anew in the buckets that letters were taken in of.
WITH touched AS (
    DELETE FROM letters_touchedbucket WHERE kind = %(kind)s RETURNING channel_id, bucket
), counted AS (
    SELECT leg.id AS leg_id, slice.kind, slice.value, letter.bucket, count(*) AS letters
    FROM (SELECT DISTINCT channel_id, bucket FROM touched) AS touched
    JOIN letters_leg AS leg ON leg.channel_id = touched.channel_id AND leg.kind = %(kind)s
    JOIN {letters_of_leg} AS letter ON letter.channel_id = touched.channel_id AND letter.bucket = touched.bucket
    JOIN letters_letterdispatch AS dispatch ON dispatch.id = letter.id
    CROSS JOIN LATERAL ({slices_of_letter}) AS slice
    GROUP BY leg.id, slice.kind, slice.value, letter.bucket
), slice AS (
    INSERT INTO letters_legslice AS slice (leg_id, kind, value, last_bucket)
    SELECT leg_id, kind, value, max(bucket) FROM counted GROUP BY leg_id, kind, value
    ON CONFLICT (leg_id, kind, value) DO UPDATE SET last_bucket = greatest(slice.last_bucket, EXCLUDED.last_bucket)
    RETURNING id, leg_id, kind, value
)
INSERT INTO letters_flowcount (slice_id, bucket, letters)
SELECT slice.id, counted.bucket, counted.letters FROM counted JOIN slice USING (leg_id, kind, value)
ON CONFLICT (slice_id, bucket) DO UPDATE SET letters = EXCLUDED.letters
