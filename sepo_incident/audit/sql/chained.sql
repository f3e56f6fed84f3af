-- After every INSERT in an append-only table without personal columns: record the ids of the inserted rows and the
-- SHA-256 of every row in ledgers_statement.
INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)
SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),
       array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()
FROM written AS line HAVING count(*) > 0;
RETURN NULL;
