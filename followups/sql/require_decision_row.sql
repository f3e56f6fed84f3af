-- After an UPDATE of a follow-up's answers: the ledger must have a line of the new version already, so that no page,
-- command or console goes past it.
IF NEW.version <= OLD.version OR NOT EXISTS (
    SELECT FROM followups_decision WHERE followup_id = NEW.id AND version = NEW.version
) THEN
    RAISE EXCEPTION 'Opfølgning % kan ikke ændres uden en linje i dens historik.', NEW.id
    USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NULL;
