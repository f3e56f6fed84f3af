-- Reject every row but the first about the same person. The later row may have a different name.
WITH numbered AS (
    SELECT
        id, email, name,
        first_value(row) OVER same AS first_row,
        first_value(name) OVER same AS first_name,
        row_number() OVER same AS number
    FROM accounts_staffrow
    WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED'
    WINDOW same AS (PARTITION BY email ORDER BY row)
)
UPDATE accounts_staffrow AS r
SET verdict = 'REJECTED',
    problems = r.problems || jsonb_build_array(jsonb_build_object(
        'column', 'E-mail', 'severity', 'reject', 'value', r.email,
        'message', CASE
            WHEN lower(n.name) = lower(n.first_name) THEN 'Personen er også i række '
            ELSE 'En anden person har den samme e-mail i række '
        END || replace(to_char(n.first_row, 'FM9,999,999'), ',', '.') || '. Den række gælder.'
    ))
FROM numbered AS n
WHERE n.id = r.id AND n.number > 1
