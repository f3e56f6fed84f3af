-- After an INSERT in a table without a ledger of its own: ledgers_change says what each row became, and who did it.
INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),
       ledgers_differing(one.after, one.before),
       nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
