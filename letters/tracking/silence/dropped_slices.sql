-- The units and subjects of which fewer letters come than usual: (leg, kind, value, letters expected since the last one, the
-- most that were expected between two, last bucket). Expected by the letters that the leg has had meanwhile.
SELECT slice.leg_id, slice.kind, slice.value, slice.share * since.letters, slice.longest_gap, last.bucket
FROM letters_leg AS leg
JOIN letters_legslice AS whole ON whole.leg_id = leg.id AND whole.kind = 'channel'
JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.longest_gap IS NOT NULL
CROSS JOIN LATERAL (
    SELECT bucket FROM letters_flowcount WHERE slice_id = slice.id AND bucket <= %(bucket)s ORDER BY bucket DESC LIMIT 1
) AS last
CROSS JOIN LATERAL (
    SELECT sum(letters) AS letters FROM letters_flowcount
    WHERE slice_id = whole.id AND bucket > last.bucket AND bucket <= %(bucket)s
) AS since
WHERE leg.kind = 'receipt' AND leg.tolerances <> '{}' AND last.bucket < %(bucket)s - 6
    AND slice.share * since.letters >= %(fewest)s
