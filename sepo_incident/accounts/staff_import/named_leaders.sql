-- The leaders that a staff file names: (user_id, unit_id, role). A person named as an employee's leader leads the
-- employee's unit. Exception: the employee leads that unit and the named person works elsewhere; then the named person
-- is a leader further up.
WITH named AS (
    -- A person who is marked as a leader.
    SELECT r.email AS person, r.email AS leader, r.unit_id
    FROM accounts_staffrow AS r
    WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leads AND r.unit_id IS NOT NULL
    UNION ALL
    -- The leader of an employee.
    SELECT r.email, r.leader_email, r.unit_id
    FROM accounts_staffrow AS r
    WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_email <> ''
      AND r.unit_id IS NOT NULL AND r.left_on IS NULL
), leads AS (
    SELECT DISTINCT leader, unit_id
    FROM named
)
SELECT DISTINCT u.id AS user_id, named.unit_id, 'LEADER' AS role
FROM named
-- Nobody who has left gets a role.
JOIN accounts_user AS u ON lower(u.email) = named.leader AND u.left_on IS NULL
-- No file makes a leader of a whole administration: a person gives that role.
JOIN accounts_unit AS unit ON unit.id = named.unit_id AND unit.kind NOT IN ('MUNICIPALITY', 'ADMINISTRATION')
WHERE named.person = named.leader OR u.unit_id = named.unit_id OR NOT EXISTS (
    SELECT FROM leads
    WHERE leads.leader = named.person AND leads.unit_id = named.unit_id
)
