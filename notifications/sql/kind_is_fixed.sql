-- Before the kind of an incident changes: the answers of a decision and the text of a mail depend on the kind. The lock
-- on the follow-ups waits for every decision that is being written, and for every bulk decision that is being made. A
-- decision must not lock the incident instead, because an import and a withdrawal lock the incident before the letters.
PERFORM followup.id FROM followups_followup AS followup
JOIN letters_letter AS letter ON letter.id = followup.letter_id
WHERE letter.incident_id = NEW.id ORDER BY followup.id FOR UPDATE OF followup;
IF EXISTS (
    SELECT FROM followups_decision AS decision
    JOIN followups_followup AS followup ON followup.id = decision.followup_id
    JOIN letters_letter AS letter ON letter.id = followup.letter_id
    WHERE letter.incident_id = NEW.id
) OR EXISTS (
    SELECT FROM followups_bulkletter AS waiting JOIN letters_letter AS letter ON letter.id = waiting.letter_id
    WHERE letter.incident_id = NEW.id AND waiting.state = 'WAITING'
) OR EXISTS (SELECT FROM notifications_dispatch WHERE incident_id = NEW.id) THEN
    RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
