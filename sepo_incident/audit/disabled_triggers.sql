-- The append-only tables with a disabled internal trigger, made by PostgreSQL.
SELECT relname
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s)
  AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgisinternal AND tgenabled <> 'O')
