-- Compare the accepted rows with our users, and save the verdict and the changes of every row that differs.
--
-- changes: {field: [text of the user, text of the file]}.
UPDATE accounts_staffrow AS r
SET verdict = j.verdict, changes = j.changes
FROM (
    SELECT
        id, changes,
        CASE
            WHEN user_id IS NULL AND left_on IS NULL THEN 'NEW'
            WHEN left_on IS NOT NULL AND user_id IS NOT NULL AND user_left_on IS NULL THEN 'LEFT'
            WHEN left_on IS NULL AND changes <> '{}' THEN 'CHANGED'
            ELSE 'KNOWN'
        END AS verdict
    FROM (
        SELECT
            r.id, r.left_on, u.id AS user_id, u.left_on AS user_left_on,
            CASE
                WHEN u.id IS NULL THEN '{}'
                ELSE CASE WHEN r.name NOT IN ('', u.name) THEN jsonb_build_object('name', jsonb_build_array(
                    u.name, r.name
                )) ELSE '{}' END
                -- If the file gives no phone, the person keeps the present one.
                || CASE WHEN r.phone NOT IN ('', u.phone) THEN jsonb_build_object('phone', jsonb_build_array(
                    u.phone, r.phone
                )) ELSE '{}' END
                -- If the file does not give the unit, the person stays in the present unit.
                || CASE WHEN r.unit_id <> u.unit_id OR (r.unit_id IS NOT NULL AND u.unit_id IS NULL)
                    THEN jsonb_build_object('unit', jsonb_build_array(
                        coalesce(was.name, ''), now.name
                    )) ELSE '{}' END
                || CASE WHEN u.left_on IS NOT NULL AND r.left_on IS NULL
                    THEN jsonb_build_object('left_on', jsonb_build_array(
                        to_char(u.left_on, 'DD-MM-YYYY'), ''
                    )) ELSE '{}' END
            END AS changes
        FROM accounts_staffrow AS r
        -- An address identifies a person. A row without a user is new.
        LEFT JOIN accounts_user AS u ON lower(u.email) = r.email
        -- The unit of the user, and of the file, by name.
        LEFT JOIN accounts_unit AS was ON was.id = u.unit_id
        LEFT JOIN accounts_unit AS now ON now.id = r.unit_id
        WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED'
    ) AS held_together
) AS j
WHERE j.id = r.id AND (j.verdict, j.changes) IS DISTINCT FROM (r.verdict, r.changes)
