-- The triggers of a schema as PostgreSQL describes them: (table, trigger, definition, enabled).
--
-- is_temporary: the temporary schema of the session, instead of ours.
SELECT class.relname, trigger.tgname, pg_get_triggerdef(trigger.oid), trigger.tgenabled
FROM pg_trigger AS trigger
-- The table has the schema.
JOIN pg_class AS class ON class.oid = tgrelid
WHERE class.relnamespace = CASE WHEN %(is_temporary)s THEN pg_my_temp_schema() ELSE 'public'::regnamespace::oid END
  AND NOT trigger.tgisinternal
