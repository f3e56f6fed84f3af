-- Make the leader of every active letter of an incident a leader of the letter's unit.
INSERT INTO accounts_membership (user_id, unit_id, role, made_by_import)
SELECT DISTINCT l.leader_id, l.unit_id, 'LEADER', true
FROM letters_letter AS l
-- Nothing wider than a unit: otherwise a row without a unit would open the letters of a whole area, or of the
-- municipality, to the leader named in the row.
JOIN accounts_unit AS unit ON unit.id = l.unit_id AND unit.kind IN ('UNIT', 'SUBUNIT')
-- Nobody who has left gets a role.
JOIN accounts_user AS leader ON leader.id = l.leader_id AND leader.left_on IS NULL
WHERE l.incident_id = %(incident)s AND l.withdrawn_at IS NULL
ON CONFLICT DO NOTHING;

-- Remove the leader roles that lists gave and no active letter supports any more: a corrected list, or an undone
-- assignment, removes the roles that were given by mistake.
DELETE FROM accounts_membership AS m
WHERE m.made_by_import AND NOT m.made_by_staff_file AND NOT EXISTS (
    SELECT FROM letters_letter AS l
    WHERE l.leader_id = m.user_id AND l.unit_id = m.unit_id AND l.withdrawn_at IS NULL
)
