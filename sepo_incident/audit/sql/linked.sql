-- At the commit, after all other checks of the transaction: a statement gets its link, and its turn is over.
INSERT INTO ledgers_link (statement_id) VALUES (NEW.statement_id);
DELETE FROM ledgers_turn WHERE statement_id = NEW.statement_id;
RETURN NULL;
