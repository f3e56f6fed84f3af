-- The number of rows of a list with each kind of problem, and whether the kind rejects rows. Kinds that reject come
-- first, then the most common kinds.
SELECT kind, bool_or(is_rejected) AS rejects, count(*) AS rows
FROM letters_importrow AS r
-- The kinds of a row: a row with the same problem in two cells counts once.
CROSS JOIN LATERAL (
    SELECT p ->> 'kind' AS kind, bool_or(p ->> 'severity' = %(reject)s) AS is_rejected
    FROM jsonb_array_elements(r.problems) AS p
    GROUP BY kind
) AS one
WHERE r.batch_id = %(batch)s AND r.problems <> '[]'
GROUP BY kind
ORDER BY rejects DESC, rows DESC, kind
