-- After a DELETE in a table without a history: record the values of every deleted row, and the user, in ledgers_change.
INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),
       ledgers_differing(one.after, one.before),
       nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
