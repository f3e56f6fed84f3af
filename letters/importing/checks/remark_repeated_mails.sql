-- Remark on every row but the first about the same mail: a mail has one sender, recipient, subject and minute. A row
-- without sender or recipient belongs to no mail.
--
-- problem: the column and the severity of the problem.
WITH twice AS MATERIALIZED (
    -- The first row of every group, as in reject_repeated_letters.sql. Rows are grouped by a hash, which is faster than
    -- by the texts; the texts then decide.
    SELECT min(id) AS first_id
    FROM letters_importrow AS one
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND recipient_key <> '' AND sender_email <> ''
    GROUP BY hashtextextended(
        one.recipient_key || one.sender_email || one.subject, trunc(extract(epoch FROM one.sent_at) / 60)::bigint
    )
    HAVING count(*) > 1
), first AS MATERIALIZED (
    SELECT
        one.*,
        -- «række 14», or «Ark2, række 14» where several sheets were read, worded as in ImportBatch.where
        coalesce((%(sheets)s::text[])[one.sheet + 1] || ', ', '') || 'række '
            || replace(to_char(one.row, 'FM9,999,999'), ',', '.') AS place
    FROM twice
    JOIN letters_importrow AS one ON one.id = twice.first_id
)
UPDATE letters_importrow AS r
SET problems = r.problems || jsonb_build_array(%(problem)s::jsonb || jsonb_build_object(
    'value', r.source_ref,
    'kind', %(sent_twice)s::text,
    'message', 'Samme afsender, modtager, emne og minut som ' || first.place || '. Brevet kommer med.'
))
FROM first
WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.id <> first.id
  AND hashtextextended(
      r.recipient_key || r.sender_email || r.subject, trunc(extract(epoch FROM r.sent_at) / 60)::bigint
  ) = hashtextextended(
      first.recipient_key || first.sender_email || first.subject, trunc(extract(epoch FROM first.sent_at) / 60)::bigint
  )
  AND (r.recipient_key, r.sender_email, r.subject) = (first.recipient_key, first.sender_email, first.subject)
