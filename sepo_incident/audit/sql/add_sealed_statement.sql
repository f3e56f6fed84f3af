-- After every INSERT in an append-only table with personal columns: as add_statement.sql, but a digest is the SHA-256 of
-- {rest}, the row without the personal values and the salt, and a seal is the SHA-256 of the complete row. A row
-- without a salt is refused, because the personal values could be guessed from the seal.
IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN
    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END IF;
INSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)
SELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{personal}',
       array_agg(line.id ORDER BY line.id),
       array_agg(sha256(convert_to(({rest})::text, 'UTF8')) ORDER BY line.id),
       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()
FROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;
RETURN NULL;
