-- Before an UPDATE or DELETE in a table of the parts of files: a part goes when {ledger} has rows that name its file in
-- {column}, and all of them are erased. Nothing else is let through.
IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM {ledger} WHERE {column} = OLD.sha256)
    AND NOT EXISTS (SELECT FROM {ledger} WHERE {column} = OLD.sha256 AND salt IS NOT NULL)
THEN
    RETURN OLD;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
