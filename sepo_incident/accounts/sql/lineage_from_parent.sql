-- Before an INSERT or a move of a unit: its lineage is that of its parent and then itself. A unit is never below itself.
NEW.lineage := coalesce((SELECT lineage FROM accounts_unit WHERE id = NEW.parent_id), '{}')
               || NEW.id;
IF array_position(NEW.lineage, NEW.id) < array_length(NEW.lineage, 1) THEN
    RAISE EXCEPTION 'En enhed kan ikke ligge under sig selv' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
