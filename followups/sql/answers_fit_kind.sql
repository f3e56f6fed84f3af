-- After a decision is written: it must have the answers that the kind of its incident asks for and no others, and a remedy
-- that the kind offers. The rules come from `letters/incident_kinds.py`.
SELECT '{kinds}'::jsonb -> incident.kind INTO rules
FROM letters_incident AS incident JOIN letters_letter AS letter ON letter.incident_id = incident.id
WHERE letter.id = NEW.letter_id;
IF NOT rules -> 'remedies' ? NEW.remedy OR EXISTS (
    SELECT FROM jsonb_each_text(to_jsonb(NEW)) AS answer
    WHERE '{columns}'::jsonb ? answer.key
    AND (coalesce(answer.value, '') <> '') <> (rules -> 'answers' ? answer.key)
) THEN
    RAISE EXCEPTION 'Svarene passer ikke til det, der gik galt i hændelsen.'
    USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NULL;
