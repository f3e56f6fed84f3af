-- Whether a letter began to wait in the evening, at night or on a day off.
(
    extract(hour FROM behind.first_at AT TIME ZONE 'Europe/Copenhagen') NOT BETWEEN 6 AND 19
    OR extract(isodow FROM behind.first_at AT TIME ZONE 'Europe/Copenhagen') > 5
    OR (behind.first_at AT TIME ZONE 'Europe/Copenhagen')::date = ANY(%(days_off)s)
)
