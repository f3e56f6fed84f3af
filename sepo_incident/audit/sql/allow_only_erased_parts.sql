-- Before an UPDATE or DELETE in a table of file parts: refuse everything but the deletion of a part whose file is named
-- in {ledger}.{column} by erased rows only, at least a single row.
IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM {ledger} WHERE {column} = OLD.sha256)
    AND NOT EXISTS (SELECT FROM {ledger} WHERE {column} = OLD.sha256 AND salt IS NOT NULL)
THEN
    RETURN OLD;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
