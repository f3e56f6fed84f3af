-- How many five minutes of a leg have another number of letters than the search has counted. Those that the search has not
-- counted yet are left out, and so are those that it has deleted.
WITH leg AS (
    SELECT leg.id, leg.channel_id, leg.kind, slice.id AS slice_id,
        (SELECT min(bucket) FROM letters_flowcount WHERE slice_id = slice.id) AS first
    FROM letters_leg AS leg JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
), dispatched AS (
    SELECT leg.id AS leg_id, stage.bucket, count(*) AS letters
    FROM leg
    JOIN letters_letterdispatch AS dispatch ON dispatch.channel_id = leg.channel_id
    CROSS JOIN LATERAL (
        SELECT CASE leg.kind WHEN 'handover' THEN approved_bucket ELSE sent_bucket END AS bucket
    ) AS stage
    WHERE stage.bucket >= leg.first
    GROUP BY leg.id, stage.bucket
), counted AS (
    SELECT leg.id AS leg_id, flow.bucket, flow.letters FROM leg JOIN letters_flowcount AS flow ON flow.slice_id = leg.slice_id
)
SELECT count(*)
FROM (
    SELECT leg_id, bucket FROM dispatched FULL JOIN counted USING (leg_id, bucket)
    WHERE dispatched.letters IS DISTINCT FROM counted.letters
) AS wrong
JOIN leg ON leg.id = wrong.leg_id
WHERE NOT EXISTS (
    SELECT FROM letters_touchedbucket AS touched
    WHERE touched.channel_id = leg.channel_id AND touched.kind = leg.kind AND touched.bucket = wrong.bucket
)
