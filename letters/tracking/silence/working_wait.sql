-- How long a letter has waited until `{end}`. A slow leg finishes nothing on days off, so they do not count.
(
    {end} - behind.first_at - CASE WHEN leg.grace > %(slow_leg)s THEN (
        SELECT coalesce(sum(least(day + interval '1 day', local.until) - greatest(day, local.since)), interval '0')
        FROM (
            SELECT behind.first_at AT TIME ZONE 'Europe/Copenhagen' AS since, {end} AT TIME ZONE 'Europe/Copenhagen' AS until
        ) AS local
        CROSS JOIN LATERAL generate_series(date_trunc('day', local.since), local.until, interval '1 day') AS day
        WHERE extract(isodow FROM day) > 5 OR day::date = ANY(%(days_off)s)
    ) ELSE interval '0' END
)
