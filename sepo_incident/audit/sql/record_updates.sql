-- After an UPDATE in a table without a history: record the differing columns of every row, and the user, in
-- audit_rowchange. A row that got a new id is recorded as a deleted row and a new row.
INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),
       audit_differing(one.after, one.before),
       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE audit_json(was) END,
           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE audit_json(became) END
    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
