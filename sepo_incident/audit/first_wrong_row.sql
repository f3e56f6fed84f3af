-- The first row of a table without personal columns that is gone, or differs from the digest in the link:
-- (number of the link, time of the statement, id of the row, what is wrong).
--
-- {ledger}: the table.
-- first, last: numbers of links. columns, personal: the statements to look at. besides: the columns added after the row
-- was written.
SELECT
    link.number, statement.at, one.id,
    CASE WHEN line.id IS NULL THEN 'er slettet' ELSE 'er ændret' END
FROM public.audit_link AS link
-- What the link says about the rows.
JOIN public.audit_statement AS statement ON statement.id = link.statement_id
CROSS JOIN unnest(statement.ids, statement.digests) AS one (id, digest)
-- The row as of now, if the row is there.
LEFT JOIN public.{ledger} AS line ON line.id = one.id
WHERE link.number BETWEEN %(first)s AND %(last)s AND statement.ledger = %(ledger)s
  AND statement.columns = %(columns)s AND statement.personal = %(personal)s::text[]
  AND one.digest IS DISTINCT FROM public.audit_digest(line, %(besides)s::text[])
ORDER BY link.number, one.id
LIMIT 1
