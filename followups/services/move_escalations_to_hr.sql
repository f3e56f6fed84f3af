-- Move unresolved escalations about personnel cases to Personalejura, and record the move. The escalations keep
-- waiting_since.
WITH astray AS (
    SELECT escalation.id
    FROM followups_escalation escalation
    -- The letter, which a later list may have made a personnel case.
    JOIN followups_followup followup ON followup.id = escalation.followup_id
    JOIN letters_letter letter ON letter.id = followup.letter_id
    WHERE escalation.resolved_at IS NULL AND escalation.desk <> 'HR' AND letter.is_personnel_case
    ORDER BY escalation.id
    -- An escalation that somebody is answering waits until next time.
    FOR UPDATE OF escalation SKIP LOCKED
), entry AS (
    INSERT INTO followups_escalationentry (escalation_id, kind, text, desk, at)
    SELECT id, 'MOVED', '', 'HR', %(now)s
    FROM astray
)
UPDATE followups_escalation escalation
SET desk = 'HR', owner_id = NULL, taken_at = NULL, answered_at = NULL, is_with_asker = false
FROM astray
WHERE escalation.id = astray.id
