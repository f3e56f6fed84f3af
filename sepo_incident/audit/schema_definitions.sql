-- The triggers of a schema, and the functions that they call, as PostgreSQL describes them: (Danish name, definition).
--
-- is_temporary: the temporary schema of the session, instead of ours.
WITH described AS (
    SELECT CASE WHEN %(is_temporary)s THEN pg_my_temp_schema() ELSE 'public'::regnamespace::oid END AS oid
)
SELECT
    format('Udløseren %%s på tabellen %%s', trigger.tgname, class.relname),
    pg_get_triggerdef(trigger.oid) || ' ' || trigger.tgenabled::text
FROM pg_trigger AS trigger
-- The table has the schema.
JOIN pg_class AS class ON class.oid = tgrelid
JOIN described ON described.oid = class.relnamespace
WHERE NOT trigger.tgisinternal
UNION ALL
SELECT
    format('Funktionen %%s(%%s)', proname, pg_get_function_identity_arguments(pg_proc.oid)),
    pg_get_functiondef(pg_proc.oid)
FROM pg_proc
JOIN described ON described.oid = pronamespace
WHERE prokind = 'f' AND proname ~ '^(_?pgtrigger|audit)_'
