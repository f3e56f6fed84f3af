-- Give the leaders that a staff file names the role in the unit, or mark a role given by a list of letters.
--
-- {named_leaders}: named_leaders.sql
INSERT INTO accounts_membership (user_id, unit_id, role, made_by_import, made_by_staff_file)
SELECT user_id, unit_id, 'LEADER', false, true
FROM ({named_leaders}) AS named
ON CONFLICT (user_id, unit_id, role) DO UPDATE SET made_by_staff_file = true
-- A role given by a person stays a person's.
WHERE accounts_membership.made_by_import AND NOT accounts_membership.made_by_staff_file
