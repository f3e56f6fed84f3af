-- The share of letters that wait still at each age: those that were as old or older when they were finished, or never were.
WITH leg AS (
    SELECT leg.id, sum(flow.letters) AS letters
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    JOIN letters_flowcount AS flow ON flow.slice_id = slice.id AND flow.bucket >= %(from)s AND flow.bucket < %(until)s
    WHERE leg.kind = %(kind)s AND leg.median_delay IS NOT NULL
    GROUP BY leg.id
), late AS (
    SELECT leg_id, least(coalesce(age, %(oldest)s), %(oldest)s) AS age, count(*) AS letters
    FROM letters_lateletter WHERE bucket >= %(from)s GROUP BY 1, 2
)
INSERT INTO letters_waitingshare (leg_id, age, share)
SELECT leg.id, step.age,
    (sum(coalesce(late.letters, 0)) OVER (PARTITION BY leg.id ORDER BY step.age DESC) + 0.5) / (leg.letters + 1)
FROM leg CROSS JOIN generate_series(1, %(oldest)s) AS step (age)
LEFT JOIN late ON late.leg_id = leg.id AND late.age = step.age
