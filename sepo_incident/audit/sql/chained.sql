-- After each INSERT in a ledger without personal columns: one row in ledgers_statement says which rows it wrote, and
-- the SHA-256 of each.
INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)
SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),
       array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()
FROM written AS line HAVING count(*) > 0;
RETURN NULL;
