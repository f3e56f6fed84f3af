-- Give letters the new facts of the accepted changed rows. A withdrawn letter becomes active again.
--
-- A fact gets the value of the list, unless a person has chosen a value or the list has no column: then the row's
-- changes do not name the field.
UPDATE letters_letter AS l
SET withdrawn_at = NULL,
    sender_id = CASE WHEN r.changes ? 'sender_email' THEN sender.id ELSE l.sender_id END,
    sender_name = CASE WHEN r.changes ? 'sender_name' THEN r.sender_name ELSE l.sender_name END,
    leader_id = CASE WHEN r.changes ? 'leader_email' THEN leader.id ELSE l.leader_id END,
    leader_name = CASE WHEN r.changes ? 'leader_name' THEN r.leader_name ELSE l.leader_name END,
    -- A hidden subject or recipient that a typed Brev-id brings to the letter is not for the people of the letter's list.
    listed_sender_id = CASE WHEN gets_another_case THEN NULL ELSE l.listed_sender_id END,
    listed_leader_id = CASE WHEN gets_another_case THEN NULL ELSE l.listed_leader_id END,
    unit_id = CASE WHEN r.changes ? 'unit_name' THEN place.unit_id ELSE l.unit_id END,
    subject = CASE WHEN r.changes ? 'subject' THEN r.subject ELSE l.subject END,
    sent_at = CASE WHEN r.changes ? 'sent_at' THEN r.sent_at ELSE l.sent_at END,
    recipient_kind = CASE WHEN r.changes ? 'recipient_kind' THEN r.recipient_kind ELSE l.recipient_kind END,
    recipient_key = CASE WHEN r.changes ? 'recipient' THEN r.recipient_key ELSE l.recipient_key END,
    -- The three facts below follow from the subject. An empty subject tells them only if the list emptied the subject.
    -- A list does not change the subject of a personnel case (compared_rows.sql).
    category = CASE
        WHEN l.category_by_id IS NULL AND tells_subject AND NOT (l.is_personnel_case AND l.subject <> '') THEN r.category
        ELSE l.category
    END,
    has_deadline = CASE
        WHEN tells_subject AND NOT (l.is_personnel_case AND l.subject <> '') THEN r.has_deadline
        ELSE l.has_deadline
    END,
    named_on = CASE
        WHEN tells_subject AND NOT (l.is_personnel_case AND l.subject <> '') THEN r.named_on
        ELSE l.named_on
    END,
    -- No list makes a personnel case public (docs/decisions/0015-personnel-cases.md). A letter of which a person has said
    -- that the letter is no personnel case becomes one only with a new subject or kind of recipient.
    is_personnel_case = l.is_personnel_case OR r.is_personnel_case AND (
        l.personnel_by_id IS NULL OR r.changes ?| ARRAY['subject', 'recipient_kind']
    )
FROM letters_importrow AS r
-- The unit that the five columns name. Left joins, as in insert_letters.sql.
LEFT JOIN jsonb_to_recordset(%(places)s::jsonb) AS place(
    administration text, area text, unit_name text, subunit text, unit_code text, unit_id bigint
) USING (administration, area, unit_name, subunit, unit_code)
-- An address identifies a person.
LEFT JOIN accounts_user AS sender ON lower(sender.email) = r.sender_email
LEFT JOIN accounts_user AS leader ON lower(leader.email) = r.leader_email
CROSS JOIN LATERAL (
    SELECT
        r.subject <> '' OR r.changes ? 'subject' AS tells_subject,
        r.is_personnel_case AND r.changes ?| ARRAY['subject', 'recipient']
            AND r.corrections @> '[{"field": "source_ref"}]' AS gets_another_case
) AS judged
WHERE r.batch_id = %(batch)s AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref
  AND r.verdict = 'CHANGED' AND %(takes_changes)s
