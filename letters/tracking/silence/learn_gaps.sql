-- How many letters of a unit or a subject were expected at most between two of them, by the number of letters that the leg
-- had meanwhile. Slices with letters in fewer than 30 five minutes are too rare to be missed: a night job sends many at once.
WITH flow AS (
    SELECT slice.leg_id, flow.bucket, sum(flow.letters) OVER (PARTITION BY slice.leg_id ORDER BY flow.bucket) AS so_far,
        sum(flow.letters) OVER (PARTITION BY slice.leg_id) AS letters
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id AND flow.bucket >= %(from)s AND flow.bucket < %(until)s
    WHERE leg.kind = %(kind)s
), seen AS (
    SELECT slice.id, flow.so_far - lag(flow.so_far) OVER (PARTITION BY slice.id ORDER BY flow.bucket) AS gap,
        own.letters, flow.letters AS of_letters
    FROM flow
    JOIN letters_legslice AS slice ON slice.leg_id = flow.leg_id AND slice.kind IN ('unit', 'subject')
    JOIN letters_flowcount AS own ON own.slice_id = slice.id AND own.bucket = flow.bucket
), told AS (
    SELECT id, max(gap) AS gap, sum(letters)::float / max(of_letters) AS share FROM seen GROUP BY id HAVING count(*) >= 30
)
UPDATE letters_legslice AS slice SET longest_gap = told.gap * told.share, share = told.share
FROM letters_legslice AS known LEFT JOIN told ON told.id = known.id
WHERE slice.id = known.id AND known.kind IN ('unit', 'subject')
    AND known.leg_id IN (SELECT id FROM letters_leg WHERE kind = %(kind)s)
