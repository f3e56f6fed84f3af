-- Find the address of leaders who are named without one. A name is resolved if only a single person has the name: in
-- the employee's unit, otherwise in the whole file and among our users. A name that is not resolved gets a remark.
WITH known AS (
    SELECT lower(name) AS name, unit_id, email
    FROM accounts_staffrow
    WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED' AND left_on IS NULL
    UNION
    SELECT lower(name), unit_id, lower(email)
    FROM accounts_user
    WHERE left_on IS NULL
), here AS (
    SELECT name, unit_id, min(email) AS email
    FROM known
    GROUP BY name, unit_id
    HAVING count(DISTINCT email) = 1
), anywhere AS (
    SELECT name, min(email) AS email
    FROM known
    GROUP BY name
    HAVING count(DISTINCT email) = 1
), named AS (
    SELECT r.id, coalesce(here.email, anywhere.email) AS email
    FROM accounts_staffrow AS r
    -- The only person with the name in the unit.
    LEFT JOIN here ON here.name = lower(r.leader_name) AND here.unit_id = r.unit_id
    -- The only person with the name at all.
    LEFT JOIN anywhere ON anywhere.name = lower(r.leader_name)
    WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_name <> ''
)
UPDATE accounts_staffrow AS r
SET leader_email = coalesce(named.email, ''),
    problems = r.problems || CASE
        WHEN named.email IS NOT NULL THEN '[]'::jsonb
        ELSE jsonb_build_array(jsonb_build_object(
            'column', 'Leder', 'severity', 'notice', 'value', r.leader_name,
            'message', 'Vi kan ikke se, hvem lederen er. Skriv lederens e-mail.'
        ))
    END
FROM named
WHERE named.id = r.id
