-- The events of an incident outside the story: (what, at, id, name, number).
--
-- incident: id. created_at: when the incident was made; an alarm belongs to no incident.
WITH dispatches AS (
    SELECT dispatch.id, dispatch.requested_at, dispatch.kind = 'FIRST_NOTICE' AS is_first, count(*) AS number
    FROM notifications_dispatch AS dispatch
    JOIN notifications_notice AS notice ON notice.dispatch_id = dispatch.id
    WHERE dispatch.incident_id = %(incident)s
        AND EXISTS (SELECT FROM notifications_delivery WHERE notice_id = notice.id AND role = 'TO')
    GROUP BY dispatch.id
)
SELECT 'first notices', requested_at, id, '', number FROM dispatches WHERE is_first
UNION ALL
-- One event for the reminders of each day, with the first dispatch.
SELECT 'reminders', min(requested_at), (array_agg(id ORDER BY requested_at))[1], '', sum(number)::bigint
FROM dispatches
WHERE NOT is_first
GROUP BY (requested_at AT TIME ZONE 'Europe/Copenhagen')::date
UNION ALL
SELECT 'note', note.at, note.version_id, CASE WHEN unit.parent_id IS NULL THEN 'hele kommunen' ELSE unit.name END,
    note.number
FROM followups_notepublication AS note
JOIN accounts_unit AS unit ON unit.id = note.unit_id
WHERE note.incident_id = %(incident)s
UNION ALL
SELECT 'certificate', at, id, '', number FROM followups_closingcertificate WHERE incident_id = %(incident)s
UNION ALL
SELECT kind, raised_at, id, '', 0 FROM notifications_alarm WHERE raised_at >= %(created_at)s
UNION ALL
SELECT alarm.kind, alarm.ended_at, NULL, coalesce(' af ' || ended_by.name, ''), 0
FROM notifications_alarm AS alarm
LEFT JOIN accounts_user AS ended_by ON ended_by.id = alarm.ended_by_id
WHERE alarm.raised_at >= %(created_at)s AND alarm.ended_at IS NOT NULL
