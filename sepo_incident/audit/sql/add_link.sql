-- At the commit, after all other checks of the transaction: add the link of the statement and delete the turn.
INSERT INTO audit_link (statement_id) VALUES (NEW.statement_id);
DELETE FROM audit_pendinglink WHERE statement_id = NEW.statement_id;
RETURN NULL;
