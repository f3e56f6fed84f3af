-- Note how many letters were missing and expected in each window of ages, every two hours of the days that are learnt from
-- now, and how slow the leg was.
WITH step AS (
    SELECT leg.id AS leg_id, leg.median_delay, step.at, frontier.bucket, slice.id AS slice_id
    FROM letters_leg AS leg
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    CROSS JOIN generate_series(to_timestamp(leg.learned_until * 300.0), %(last)s - interval '2 hours', interval '2 hours') AS step (at)
    CROSS JOIN LATERAL ({overtaken_until}) AS frontier
    WHERE leg.kind = %(kind)s
)
INSERT INTO letters_missinghistory (leg_id, at, missing, expected, slowest)
SELECT step.leg_id, step.at, late.missing, flow.expected, pace.slowest
FROM step
CROSS JOIN LATERAL (
    SELECT {missing} AS missing
    FROM (
        SELECT step.bucket - late.bucket AS age FROM letters_lateletter AS late
        WHERE late.leg_id = step.leg_id AND late.bucket > step.bucket - %(oldest)s AND late.bucket < step.bucket
            AND (late.age IS NULL OR late.age > step.bucket - late.bucket)
    ) AS letter
) AS late
CROSS JOIN LATERAL (
    SELECT {expected} AS expected
    FROM (
        SELECT step.bucket - flow.bucket AS age, flow.letters * waiting.share AS expected
        FROM letters_flowcount AS flow
        JOIN letters_waitingshare AS waiting
            ON waiting.leg_id = step.leg_id AND waiting.age = step.bucket - flow.bucket
        WHERE flow.slice_id = step.slice_id AND flow.bucket > step.bucket - %(oldest)s AND flow.bucket < step.bucket
    ) AS flow
) AS flow
CROSS JOIN LATERAL (
    SELECT {slowest} AS slowest FROM letters_pace AS pace JOIN letters_leg AS leg ON leg.id = pace.leg_id
    WHERE pace.leg_id = step.leg_id AND pace.letters >= 30 AND pace.at <= step.at AND pace.at > step.at - interval '7 days'
) AS pace
WHERE late.missing IS NOT NULL AND flow.expected IS NOT NULL
ON CONFLICT (leg_id, at) DO NOTHING
