-- Remove the problems of some kinds from some rows, and keep the order of the others.
UPDATE letters_importrow AS r
SET problems = (
    SELECT coalesce(jsonb_agg(problem ORDER BY place), '[]')
    FROM jsonb_array_elements(r.problems) WITH ORDINALITY AS each(problem, place)
    WHERE problem ->> 'kind' <> ALL(%(kinds)s)
)
WHERE id = ANY(%(only)s) AND problems <> '[]'
