-- After an UPDATE in a table without a history: record the differing columns of every row, and the user, in
-- ledgers_change. A row that got a new id is recorded as a deleted row and a new row.
INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),
       ledgers_differing(one.after, one.before),
       nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(was) END,
           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(became) END
    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
