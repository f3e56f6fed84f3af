-- The next links of the chain, with the statements: whether the hash holds, and what the statement covers.
--
-- after: number of the last link that is known. limit: number of links.
SELECT
    link.number, link.previous, link.hash,
    coalesce(public.audit_hash(link.number, link.previous, statement) = link.hash, false),
    statement.ledger, statement.columns, statement.personal, coalesce(cardinality(statement.ids), 0)
FROM public.audit_link AS link
-- A link without a statement does not hold, but is read.
LEFT JOIN public.audit_statement AS statement ON statement.id = link.statement_id
WHERE link.number > %(after)s
ORDER BY link.number
LIMIT %(limit)s
