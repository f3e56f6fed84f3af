-- The append-only tables that are not plain tables: a rule, a policy or a view in place of the table could intercept
-- writes.
SELECT relname
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s)
  AND (relkind <> 'r' OR relrowsecurity OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = pg_class.oid))
