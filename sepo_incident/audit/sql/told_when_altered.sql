-- After an UPDATE in a table without a ledger of its own: ledgers_change says what differs in each row, and who did it.
-- A row that was given another id is one gone and one made.
INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)
SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),
       ledgers_differing(one.after, one.before),
       nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()
FROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(was) END,
           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(became) END
    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
RETURN NULL;
