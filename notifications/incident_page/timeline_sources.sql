-- The events of an incident outside the story: (what, at, id, kind, name, number).
--
-- incident: id. created_at: when the incident was made; an alarm belongs to no incident.
SELECT 'note', note.at, note.version_id, '', CASE WHEN unit.parent_id IS NULL THEN 'hele kommunen' ELSE unit.name END,
    note.number
FROM followups_notepublication AS note
JOIN accounts_unit AS unit ON unit.id = note.unit_id
WHERE note.incident_id = %(incident)s
UNION ALL
SELECT 'certificate', at, id, '', '', number FROM followups_closingcertificate WHERE incident_id = %(incident)s
UNION ALL
SELECT 'dispatch', dispatch.requested_at, dispatch.id, dispatch.kind, '', count(*)
FROM notifications_dispatch AS dispatch
JOIN notifications_notice AS notice ON notice.dispatch_id = dispatch.id
WHERE dispatch.incident_id = %(incident)s
    AND EXISTS (SELECT FROM notifications_delivery WHERE notice_id = notice.id AND role = 'TO')
GROUP BY dispatch.id
UNION ALL
SELECT 'alarm', raised_at, id, kind, '', 0 FROM notifications_alarm WHERE raised_at >= %(created_at)s
UNION ALL
SELECT 'ended alarm', alarm.ended_at, alarm.id, alarm.kind, coalesce(ended_by.name, ''), 0
FROM notifications_alarm AS alarm
LEFT JOIN accounts_user AS ended_by ON ended_by.id = alarm.ended_by_id
WHERE alarm.raised_at >= %(created_at)s AND alarm.ended_at IS NOT NULL
ORDER BY 2
