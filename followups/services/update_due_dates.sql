-- Give undecided follow-ups the due date of the letter's subject, or else of the category's rule. A date that a person
-- set stays.
--
-- incidents, categories, days, dates: columns of a table: the due date of letters that a category sent on a day.
WITH ruled AS (
    SELECT *
    FROM unnest(%(incidents)s::bigint[], %(categories)s::text[], %(days)s::date[], %(dates)s::date[])
        AS ruled (incident_id, category, sent_on, due_on)
), behind AS (
    SELECT followup.id, coalesce(letter.named_on, ruled.due_on) AS due_on
    FROM followups_followup followup
    -- The letter has the date in the subject, the category and the day of sending.
    JOIN letters_letter letter ON letter.id = followup.letter_id
    -- The rule's date, if the category has a rule.
    LEFT JOIN ruled
        ON ruled.incident_id = letter.incident_id AND ruled.category = letter.category
        AND ruled.sent_on = (letter.sent_at AT TIME ZONE 'Europe/Copenhagen')::date
    WHERE followup.status = 'OPEN' AND followup.due_by_id IS NULL
      AND followup.due_on IS DISTINCT FROM coalesce(letter.named_on, ruled.due_on)
    ORDER BY followup.id
    -- A follow-up that somebody is deciding waits until next time.
    FOR UPDATE OF followup SKIP LOCKED
)
UPDATE followups_followup followup
SET due_on = behind.due_on
FROM behind
WHERE followup.id = behind.id
