-- Give every letter of a message trace its own Brev-id: the id of the mail, and the first digits of the recipient's
-- key. Return the number of mails to several recipients.
--
-- max_id: so many characters of the mail's id fit. key_digits: so many digits tell the recipients apart. only: id of a
-- single row, or NULL for all.
WITH several AS (
    SELECT source_ref
    FROM letters_importrow
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
    GROUP BY source_ref
    HAVING count(DISTINCT recipient_key) > 1
), named AS (
    UPDATE letters_importrow AS r
    SET source_ref = left(r.source_ref, %(max_id)s) || '/' || left(r.recipient_key, %(key_digits)s),
        -- What the row shows of its cells, if the row has a problem.
        shown = CASE WHEN r.shown = '{}' THEN r.shown ELSE r.shown || jsonb_build_object(
            'source_ref', left(r.source_ref, %(max_id)s) || '/' || left(r.recipient_key, %(key_digits)s)
        ) END
    WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.recipient_key <> ''
      AND (%(only)s::bigint IS NULL OR r.id = %(only)s)
      -- A row that has its own id already keeps the id.
      AND right(r.source_ref, %(key_digits)s + 1) <> '/' || left(r.recipient_key, %(key_digits)s)
      -- A letter imported under the id of the mail alone, from another kind of list, keeps that id.
      AND NOT EXISTS (
          SELECT FROM letters_letter AS l
          WHERE l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.recipient_key = r.recipient_key
      )
)
SELECT count(*) FROM several
