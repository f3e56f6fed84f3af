-- Lets the triggers that add to audit_statement run as the owner of the tables, in our schema whatever the session says.
-- Nobody else may use the functions in a trigger, because a temporary table may have the name of a ledger.
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT oid FROM pg_proc WHERE proname ~ '^pgtrigger_chained_' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', one);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
    END LOOP;
END
$$
