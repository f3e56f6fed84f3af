-- The people at the desk of each escalation: employed, with the desk's role over the letter's unit.
-- The same rule as `EscalationQuerySet.visible_to`.
CREATE VIEW followups_deskmember AS
SELECT DISTINCT escalation.id AS escalation_id, membership.user_id
FROM followups_escalation escalation
JOIN followups_followup followup ON followup.id = escalation.followup_id
JOIN letters_letter letter ON letter.id = followup.letter_id
JOIN accounts_unit unit ON unit.id = letter.unit_id
JOIN accounts_membership membership ON membership.unit_id = ANY (unit.lineage)
    AND membership.role = CASE escalation.desk WHEN 'DIT' THEN 'DIT_SUPPORT' WHEN 'HR' THEN 'HR' ELSE 'KIT_ADMIN' END
JOIN accounts_user person ON person.id = membership.user_id AND person.is_active AND person.left_on IS NULL
