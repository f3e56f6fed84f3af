-- Run an UPDATE of letters_letter AS l, and record a change in letters_letterchange for every altered letter. Both
-- happen in a single statement, so that no fact changes silently.
--
-- {update}: the UPDATE, without RETURNING.
-- {before}, {after}: {column: value} of the logged columns that differ, before and after the UPDATE.
WITH altered AS (
    {update}
    RETURNING l.id, {before} AS before, {after} AS after
)
INSERT INTO letters_letterchange (letter_id, kind, batch_id, before, after, reason, by_id, at, assignment_id)
SELECT
    id,
    -- The history of a letter that was withdrawn or reinstated says so, whatever the caller's kind is.
    CASE
        WHEN NOT before ? 'withdrawn_at' THEN %(kind)s
        WHEN after -> 'withdrawn_at' = 'null' THEN 'REINSTATED'
        ELSE 'WITHDRAWN'
    END,
    %(batch)s, before, after, %(reason)s, %(by)s, %(now)s, %(assignment)s::bigint
FROM altered
WHERE before <> '{}'
