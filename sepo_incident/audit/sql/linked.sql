-- At the commit, after all other checks of the transaction: add the link of the statement and delete the turn.
INSERT INTO ledgers_link (statement_id) VALUES (NEW.statement_id);
DELETE FROM ledgers_turn WHERE statement_id = NEW.statement_id;
RETURN NULL;
