-- Save the verdicts of the rows. Only rows that differ are written, because a second write of a row costs as much as
-- staging the row. A changed row may differ in new facts.
--
-- {compared_rows}: compared_rows.sql
UPDATE letters_importrow AS r
SET changes = c.changes, verdict = c.verdict
FROM ({compared_rows}) AS c
WHERE c.id = r.id AND (c.verdict <> c.so_far OR c.verdict = 'CHANGED')
