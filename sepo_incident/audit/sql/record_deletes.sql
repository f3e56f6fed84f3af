-- After a DELETE in a table without a history: record the values of every deleted row, and the user, in audit_rowchange.
INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),
       audit_differing(one.after, one.before),
       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT gone.id, audit_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
