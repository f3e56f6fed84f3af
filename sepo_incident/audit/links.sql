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
            WHEN said.personal = '{}'
            THEN jsonb_build_array(link.number, said.id, said.ledger, said.columns, said.at)
            ELSE jsonb_build_array(link.number, said.id, said.ledger, said.columns, said.personal, said.at)
        END)::text, 'UTF8')
        || array_send(said.ids) || array_send(said.digests)
        || CASE WHEN said.personal = '{}' THEN '' ELSE array_send(said.sealed) END
    ) = link.hash, false),
    said.ledger, said.columns, said.personal, coalesce(cardinality(said.ids), 0)
FROM public.audit_link AS link
-- A link without a statement does not hold, but is read.
LEFT JOIN public.audit_statement AS said ON said.id = link.statement_id
WHERE link.number > %(after)s
ORDER BY link.number
LIMIT %(limit)s
