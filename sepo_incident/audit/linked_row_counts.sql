-- The number of rows in the links, per table.
SELECT said.ledger, sum(cardinality(said.ids))
FROM public.audit_link AS link
-- Only a statement with a link counts.
JOIN public.audit_statement AS said ON said.id = link.statement_id
GROUP BY said.ledger
