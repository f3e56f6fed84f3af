-- Before an UPDATE or DELETE in an append-only table with personal columns: refuse everything but an erasure, which
-- empties the personal values of a row after a row about the erasure was inserted in audit_erasure.
IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{personal}')
    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)
THEN
    RETURN NEW;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
