-- The functions that triggers call in a schema, as PostgreSQL describes them: (name with arguments, definition).
--
-- is_temporary: the temporary schema of the session, instead of ours.
SELECT format('%%s(%%s)', proname, pg_get_function_identity_arguments(oid)), pg_get_functiondef(oid)
FROM pg_proc
WHERE pronamespace = CASE WHEN %(is_temporary)s THEN pg_my_temp_schema() ELSE 'public'::regnamespace::oid END
  AND prokind = 'f' AND proname ~ '^(_?pgtrigger|audit)_'
