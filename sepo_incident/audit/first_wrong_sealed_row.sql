-- The first row of a table with personal columns that is gone, or differs from the link:
-- (number of the link, time of the statement, id of the row, what is wrong).
--
-- A row with a salt must match the seal. An erased row has none: the remaining values must match the digest, the
-- personal values must be empty, and a row about the erasure must be there.
--
-- {ledger}: the table. {rest}: the row as JSON without the personal values. {has_personal_text}: whether a personal
-- value of the row is left.
-- first, last: numbers of links. columns, personal: the statements to look at. besides: the columns added after the row
-- was written.
SELECT
    link.number, statement.at, one.id,
    CASE
        WHEN line.id IS NULL THEN 'er slettet'
        WHEN line.salt IS NULL AND NOT EXISTS (
            SELECT FROM public.audit_erasure WHERE ledger = %(ledger)s AND row_id = line.id
        ) THEN 'er tømt i stilhed'
        ELSE 'er ændret'
    END
FROM public.audit_link AS link
-- What the link says about the rows.
JOIN public.audit_statement AS statement ON statement.id = link.statement_id
CROSS JOIN unnest(statement.ids, statement.digests, statement.sealed) AS one (id, digest, seal)
-- The row as of now, if the row is there.
LEFT JOIN public.{ledger} AS line ON line.id = one.id
WHERE link.number BETWEEN %(first)s AND %(last)s AND statement.ledger = %(ledger)s
  AND statement.columns = %(columns)s AND statement.personal = %(personal)s::text[]
  AND CASE
      WHEN line.salt IS NULL
      THEN one.digest IS DISTINCT FROM sha256(convert_to(({rest})::text, 'UTF8'))
          OR {has_personal_text}
          OR NOT EXISTS (SELECT FROM public.audit_erasure WHERE ledger = %(ledger)s AND row_id = line.id)
      ELSE one.seal IS DISTINCT FROM public.audit_digest(line, %(besides)s::text[])
  END
ORDER BY link.number, one.id
LIMIT 1
