-- The next links of the chain, with the statements: whether the hash holds, and what the statement covers.
--
-- after: number of the last link that is known. limit: number of links.
SELECT
    link.number, link.previous, link.hash,
    -- The hash covers the link before, the statement and the digests. A statement of a table without personal columns
    -- has no seals. The same as audit_hash in sql/functions.sql; a stored function may have been replaced.
    coalesce(sha256(
        link.previous
        || convert_to((CASE
            WHEN statement.personal = '{}'
            THEN jsonb_build_array(link.number, statement.id, statement.ledger, statement.columns, statement.at)
            ELSE jsonb_build_array(link.number, statement.id, statement.ledger, statement.columns, statement.personal, statement.at)
        END)::text, 'UTF8')
        || array_send(statement.ids) || array_send(statement.digests)
        || CASE WHEN statement.personal = '{}' THEN '' ELSE array_send(statement.sealed) END
    ) = link.hash, false),
    statement.ledger, statement.columns, statement.personal, coalesce(cardinality(statement.ids), 0)
FROM public.audit_link AS link
-- A link without a statement does not hold, but is read.
LEFT JOIN public.audit_statement AS statement ON statement.id = link.statement_id
WHERE link.number > %(after)s
ORDER BY link.number
LIMIT %(limit)s
