-- The channels of which no letter has come for longer than 15 minutes: (leg, letters expected since, the fewest that came in the
-- same hours of a day like this, gap now and the longest gap usual at this time, in buckets, last bucket). A channel whose last
-- letter came in a file is left out.
WITH gap AS (
    SELECT leg.id AS leg_id, slice.id AS slice_id, last.bucket,
        (SELECT min(bucket) FROM letters_flowcount WHERE slice_id = slice.id) AS first
    FROM letters_leg AS leg
    JOIN letters_channel AS channel ON channel.id = leg.channel_id
    JOIN letters_legslice AS slice ON slice.leg_id = leg.id AND slice.kind = 'channel'
    CROSS JOIN LATERAL (
        SELECT bucket FROM letters_flowcount WHERE slice_id = slice.id AND bucket <= %(bucket)s ORDER BY bucket DESC LIMIT 1
    ) AS last
    WHERE leg.kind = 'receipt' AND leg.tolerances <> '{}' AND last.bucket < %(bucket)s - 3
        AND (channel.file_until IS NULL OR channel.file_until < to_timestamp(last.bucket * 300.0))
), day AS (
    SELECT number, to_timestamp((%(bucket)s - number * 288) * 300.0) AT TIME ZONE 'Europe/Copenhagen' AS at
    FROM generate_series(0, 35) AS number
), kind_of_day AS (
    SELECT number, extract(isodow FROM at) > 5 OR at::date = ANY(%(days_off)s) AS is_off FROM day
), local_day AS (
    -- 35 days before a gap of up to six weeks.
    SELECT floor(extract(epoch FROM at AT TIME ZONE 'Europe/Copenhagen') / 300)::integer AS first,
        floor(extract(epoch FROM (at + interval '1 day') AT TIME ZONE 'Europe/Copenhagen') / 300)::integer AS until,
        extract(isodow FROM at) > 5 OR at::date = ANY(%(days_off)s) AS is_off
    FROM generate_series(0, 80) AS number
    CROSS JOIN LATERAL (
        SELECT (to_timestamp(%(bucket)s * 300.0) AT TIME ZONE 'Europe/Copenhagen')::date - number * interval '1 day' AS at
    ) AS midnight
), days_before AS MATERIALIZED (
    -- The 35 days before that of the last letter.
    SELECT gap.leg_id, gap.slice_id, day.*, count(*) OVER (PARTITION BY gap.leg_id, day.is_off)::float AS of_kind
    FROM gap JOIN local_day AS day ON day.until <= gap.bucket AND day.first > gap.bucket - 36 * 288
), usual AS MATERIALIZED (
    SELECT days_before.leg_id, days_before.is_off, flow.bucket %% 288 AS slot, sum(flow.letters) / days_before.of_kind AS letters
    FROM days_before
    JOIN letters_flowcount AS flow
        ON flow.slice_id = days_before.slice_id AND flow.bucket >= days_before.first AND flow.bucket < days_before.until
    GROUP BY days_before.leg_id, days_before.is_off, days_before.of_kind, slot
), step_usual AS (
    SELECT gap.leg_id, step.bucket, coalesce(usual.letters, 0) AS letters
    FROM gap
    JOIN local_day AS day ON day.until > gap.bucket
    CROSS JOIN LATERAL generate_series(
        greatest(day.first, gap.bucket + 1, %(bucket)s - 3 * 288), least(day.until, %(bucket)s) - 1
    ) AS step (bucket)
    LEFT JOIN usual ON usual.leg_id = gap.leg_id AND usual.is_off = day.is_off AND usual.slot = step.bucket %% 288
), two_hours AS (
    SELECT leg_id, letters, sum(letters) OVER (PARTITION BY leg_id ORDER BY bucket ROWS 23 PRECEDING) AS burst FROM step_usual
), a_day AS MATERIALIZED (
    SELECT gap.leg_id, sum(flow.letters) / 35.0 AS letters
    FROM gap
    JOIN letters_flowcount AS flow
        ON flow.slice_id = gap.slice_id AND flow.bucket < %(bucket)s AND flow.bucket >= %(bucket)s - 35 * 288
    GROUP BY gap.leg_id
), expected AS (
    -- Two hours with more than half of a day's letters are a job, which may be left out once.
    SELECT two_hours.leg_id,
        sum(two_hours.letters) - coalesce(max(burst) FILTER (WHERE burst > a_day.letters / 2), 0) AS letters
    FROM two_hours LEFT JOIN a_day USING (leg_id)
    GROUP BY two_hours.leg_id
), usual_gap AS (
    SELECT gap.leg_id, max(past.bucket - before.bucket) AS longest
    FROM gap
    JOIN kind_of_day AS today ON today.number = 0
    JOIN kind_of_day AS day ON day.number > 0 AND day.is_off = today.is_off
    CROSS JOIN LATERAL (SELECT %(bucket)s - day.number * 288 + shift AS bucket FROM generate_series(-6, 6, 3) AS shift) AS past
    CROSS JOIN LATERAL (
        SELECT bucket FROM letters_flowcount WHERE slice_id = gap.slice_id AND bucket <= past.bucket ORDER BY bucket DESC LIMIT 1
    ) AS before
    GROUP BY gap.leg_id
), fewest AS (
    SELECT gap.leg_id, min(past.letters) AS letters
    FROM gap
    JOIN kind_of_day AS today ON today.number = 0
    JOIN kind_of_day AS day ON day.number > 0 AND day.is_off = today.is_off AND gap.bucket - day.number * 288 >= gap.first
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(letters), 0) AS letters FROM letters_flowcount
        WHERE slice_id = gap.slice_id AND bucket > gap.bucket - day.number * 288
            AND bucket < %(bucket)s - day.number * 288
    ) AS past
    GROUP BY gap.leg_id
)
SELECT gap.leg_id, coalesce(expected.letters, 0), fewest.letters, %(bucket)s - gap.bucket, usual_gap.longest, gap.bucket
FROM gap JOIN usual_gap USING (leg_id) JOIN fewest USING (leg_id) LEFT JOIN expected USING (leg_id)
