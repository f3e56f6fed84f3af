-- Before an UPDATE or DELETE in an append-only table with personal columns: refuse everything but an erasure, which
-- empties the personal values of a row after a row about the erasure was inserted in ledgers_erasure.
IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{personal}')
    AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)
THEN
    RETURN NEW;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
