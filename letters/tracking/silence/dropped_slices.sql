-- The units and subjects of which fewer letters come than usual: (leg, kind, value, letters expected since the last one, the
-- most that were expected between two, last bucket). Expected by the letters that the leg has had meanwhile. A bucket of a
-- slice is always one of its leg. A leg that answers by the hour or the night has runs: the number of its letters says
-- nothing of how long a unit or subject has been away.
WITH flow AS MATERIALIZED (
    SELECT whole.leg_id, flow.bucket, sum(flow.letters) OVER later - flow.letters AS since
    FROM letters_leg AS leg
    JOIN letters_legslice AS whole ON whole.leg_id = leg.id AND whole.kind = 'channel'
    JOIN letters_flowcount AS flow ON flow.slice_id = whole.id AND flow.bucket <= %(bucket)s
    WHERE leg.kind = 'receipt' AND leg.tolerances <> '{}' AND leg.grace < interval '1 hour'
    WINDOW later AS (PARTITION BY whole.leg_id ORDER BY flow.bucket DESC)
), expected AS MATERIALIZED (
    SELECT slice.leg_id, slice.kind, slice.value, slice.longest_gap, slice.last_bucket, slice.share * flow.since AS letters
    FROM letters_legslice AS slice JOIN flow ON flow.leg_id = slice.leg_id AND flow.bucket = slice.last_bucket
    WHERE slice.longest_gap IS NOT NULL AND slice.last_bucket < %(bucket)s - 6
)
SELECT leg_id, kind, value, letters, longest_gap, last_bucket FROM expected WHERE letters >= %(fewest)s
