-- The units and subjects of which fewer letters come than usual: (leg, kind, value, letters expected since the last one, the
-- most that were expected between two, last bucket). Expected by the letters that the leg has had meanwhile. A bucket of a
-- slice is always one of its leg.
WITH flow AS MATERIALIZED (
    SELECT whole.leg_id, flow.bucket, sum(flow.letters) OVER later - flow.letters AS since
    FROM letters_leg AS leg
    JOIN letters_legslice AS whole ON whole.leg_id = leg.id AND whole.kind = 'channel'
    JOIN letters_flowcount AS flow ON flow.slice_id = whole.id AND flow.bucket <= %(bucket)s
    WHERE leg.kind = 'receipt' AND leg.tolerances <> '{}'
    WINDOW later AS (PARTITION BY whole.leg_id ORDER BY flow.bucket DESC)
), slice AS MATERIALIZED (
    SELECT slice.leg_id, slice.kind, slice.value, slice.share, slice.longest_gap, (
        SELECT max(bucket) FROM letters_flowcount WHERE slice_id = slice.id AND bucket <= %(bucket)s
    ) AS bucket
    FROM letters_legslice AS slice WHERE slice.longest_gap IS NOT NULL
), expected AS MATERIALIZED (
    SELECT slice.*, slice.share * flow.since AS letters FROM slice JOIN flow USING (leg_id, bucket)
)
SELECT leg_id, kind, value, letters, longest_gap, bucket FROM expected
WHERE letters >= %(fewest)s AND bucket < %(bucket)s - 6
