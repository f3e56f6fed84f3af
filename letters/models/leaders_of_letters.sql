-- The leaders of the active letters of an incident: (user_id, unit_id, role). A leader leads the letter's unit.
SELECT l.leader_id AS user_id, l.unit_id, 'LEADER' AS role
FROM letters_letter AS l
-- Nothing wider than a unit: otherwise a row without a unit would open the letters of a whole area, or of the
-- municipality, to the leader named in the row.
JOIN accounts_unit AS unit ON unit.id = l.unit_id AND unit.kind IN ('UNIT', 'SUBUNIT')
-- Nobody who has left gets a role.
JOIN accounts_user AS leader ON leader.id = l.leader_id AND leader.left_on IS NULL
WHERE l.incident_id = %(incident)s AND l.withdrawn_at IS NULL
