-- Hide the subject in the rows, of all lists of an incident, about letters that are personnel cases, and mark the rows.
--
-- The parameters are NULL for all: source_ref of a letter; made_by: list that made the letters personnel cases; in_batch:
-- list with the rows; only: ids of the rows.
UPDATE letters_importrow AS r
SET is_personnel_case = true,
    shown = CASE
        WHEN r.subject <> '' OR r.shown ? 'subject'
        THEN r.shown || jsonb_build_object('subject', %(hidden)s::text)
        ELSE r.shown
    END,
    changes = CASE
        WHEN r.changes ? 'subject'
        THEN r.changes || jsonb_build_object('subject', jsonb_build_array(%(hidden)s::text, %(hidden)s::text))
        ELSE r.changes
    END,
    -- A problem quotes the subject as the cell beside the problem, or as the text outside the columns.
    problems = (
        SELECT coalesce(jsonb_agg(CASE
            WHEN one ->> 'column' <> %(subject)s THEN one
            ELSE one || jsonb_build_object('value', %(hidden)s::text) || CASE
                WHEN one ->> 'kind' = %(stray)s THEN jsonb_build_object('message', %(stray_said)s::text)
                ELSE '{}'
            END
        END), '[]')
        FROM jsonb_array_elements(r.problems) AS one
    )
FROM letters_importbatch AS b, letters_letter AS l
WHERE b.id = r.batch_id AND b.incident_id = %(incident)s AND NOT r.is_personnel_case
  AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.is_personnel_case
  AND (%(source_ref)s::text IS NULL OR r.source_ref = %(source_ref)s)
  AND (%(in_batch)s::bigint IS NULL OR r.batch_id = %(in_batch)s)
  AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
  AND (%(made_by)s::bigint IS NULL OR l.batch_id = %(made_by)s OR l.id IN (
      SELECT letter_id
      FROM letters_letterchange
      WHERE batch_id = %(made_by)s AND after @> '{"is_personnel_case": true}'
  ))
