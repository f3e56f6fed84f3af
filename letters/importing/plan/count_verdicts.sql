-- Count the rows per verdict without saving a verdict.
--
-- {compared_rows}: compared_rows.sql
SELECT verdict, count(*)
FROM ({compared_rows}) AS c
GROUP BY verdict
