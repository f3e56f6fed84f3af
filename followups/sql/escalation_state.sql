-- The state of the questions to desks about each letter that a desk was asked about.
CREATE VIEW followups_escalationstate AS
SELECT
    followup.letter_id,
    with_desk.id IS NOT NULL AS is_with_desk,
    with_desk.owner_id AS taken_by_id,
    CASE WHEN newest.answered_at IS NOT NULL THEN newest.desk END AS answered_by,
    newest.is_with_asker
FROM followups_followup followup
CROSS JOIN LATERAL (
    SELECT escalation.*
    FROM followups_escalation escalation
    WHERE escalation.followup_id = followup.id
    ORDER BY escalation.id DESC
    LIMIT 1
) newest
LEFT JOIN LATERAL (
    SELECT escalation.*
    FROM followups_escalation escalation
    WHERE escalation.followup_id = followup.id AND escalation.is_with_desk
    ORDER BY escalation.id
    LIMIT 1
) with_desk ON TRUE
