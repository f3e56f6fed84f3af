-- The first row of a table that is in no link.
--
-- {ledger}: the table.
SELECT min(line.id)
FROM public.{ledger} AS line
WHERE NOT EXISTS (
    SELECT FROM (
        SELECT unnest(statement.ids) AS id
        FROM public.audit_link AS link
        -- Only a statement with a link counts.
        JOIN public.audit_statement AS statement ON statement.id = link.statement_id
        WHERE statement.ledger = %(ledger)s
    ) AS linked
    WHERE linked.id = line.id
)
