-- Make letters of the new rows in a slice of a list.
INSERT INTO letters_letter (
    incident_id, batch_id, batch_sheet, batch_row, source_ref, sender_id, sender_name, leader_id, leader_name, unit_id,
    subject, category, sent_at, recipient_kind, recipient_key, is_personnel_case, has_deadline, named_on,
    listed_sender_id, listed_leader_id, listed_at
)
SELECT
    %(incident)s, r.batch_id, r.sheet, r.row, r.source_ref, sender.id, r.sender_name, leader.id, r.leader_name,
    place.unit_id, r.subject, r.category, r.sent_at, r.recipient_kind, r.recipient_key, r.is_personnel_case,
    r.has_deadline, r.named_on,
    CASE WHEN r.corrections @> '[{"field": "sender_email"}]' THEN NULL ELSE sender.id END,
    CASE WHEN r.corrections @> '[{"field": "leader_email"}]' THEN NULL ELSE leader.id END, %(now)s
FROM letters_importrow AS r
-- The unit that the five columns name. Every path has a unit by now, so an inner join would give the same; but for
-- equality of five columns the planner expects a single row of a long list, and then holds the list in memory.
LEFT JOIN jsonb_to_recordset(%(places)s::jsonb) AS place(
    administration text, area text, unit_name text, subunit text, unit_code text, unit_id bigint
) USING (administration, area, unit_name, subunit, unit_code)
-- An address identifies a person. A row without an address gives a letter without a sender or a leader.
LEFT JOIN accounts_user AS sender ON lower(sender.email) = r.sender_email
LEFT JOIN accounts_user AS leader ON lower(leader.email) = r.leader_email
WHERE r.batch_id = %(batch)s AND r.verdict = 'NEW' AND r.sheet = %(sheet)s AND r.row BETWEEN %(first)s AND %(last)s
ORDER BY r.sent_at, r.source_ref
