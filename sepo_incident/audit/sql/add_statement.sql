-- After every INSERT in an append-only table without personal columns: record the ids of the inserted rows and the
-- SHA-256 of every row in audit_statement.
INSERT INTO audit_statement (ledger, columns, ids, digests, at)
SELECT TG_TABLE_NAME, audit_columns(TG_RELID), array_agg(line.id ORDER BY line.id),
       array_agg(audit_digest(line) ORDER BY line.id), clock_timestamp()
FROM written AS line HAVING count(*) > 0;
RETURN NULL;
