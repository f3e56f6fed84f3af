-- Make an open follow-up for every active letter of an incident without one. A date in the subject is the due date.
INSERT INTO followups_followup (
    letter_id, status, due_on, remedy, no_dispatch_reason, consequence_review, is_journalised, record_number,
    no_record_reason, note, handled_text, version, opened_at
)
SELECT letter.id, 'OPEN', letter.named_on, '', '', '', false, '', '', '', '', 0, %(now)s
FROM letters_letter letter
WHERE letter.incident_id = %(incident)s AND letter.withdrawn_at IS NULL
ON CONFLICT (letter_id) DO NOTHING
