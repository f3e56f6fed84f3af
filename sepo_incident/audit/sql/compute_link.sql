-- Before an INSERT in audit_link: compute the number and the hashes, whatever the INSERT says. The lock lets a single
-- transaction at a time add links.
PERFORM pg_advisory_xact_lock(20191210);
SELECT * INTO head FROM audit_link ORDER BY number DESC LIMIT 1;
SELECT * INTO STRICT statement FROM audit_statement WHERE id = NEW.statement_id;
NEW.number := coalesce(head.number, 0) + 1;
NEW.previous := coalesce(head.hash, '');
NEW.hash := audit_hash(NEW.number, NEW.previous, statement);
RETURN NEW;
