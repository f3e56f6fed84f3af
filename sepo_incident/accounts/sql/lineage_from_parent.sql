-- Before an INSERT or a move of a unit: set the lineage to the parent's lineage followed by the unit's id, and refuse a
-- unit below the same unit.
NEW.lineage := coalesce((SELECT lineage FROM accounts_unit WHERE id = NEW.parent_id), '{}')
               || NEW.id;
IF array_position(NEW.lineage, NEW.id) < array_length(NEW.lineage, 1) THEN
    RAISE EXCEPTION 'En enhed kan ikke ligge under sig selv' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
