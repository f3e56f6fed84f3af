-- Undo what a list changed: give every fact that still has the value of the list the value from before, unless a
-- person chose the value. A personnel case stays a personnel case, because a newer rule may make the letter one. An
-- erased text is not restored.
UPDATE letters_letter AS l
SET (
    sender_id, sender_name, leader_id, leader_name, unit_id, subject, category, sent_at, recipient_kind, recipient_key,
    is_personnel_case, has_deadline, named_on, withdrawn_at
) = (
    SELECT
        sender_id, sender_name, leader_id, leader_name, unit_id, subject, category, sent_at, recipient_kind,
        recipient_key, is_personnel_case, has_deadline, named_on, withdrawn_at
    FROM jsonb_populate_record(l, back.facts)
)
FROM (
    SELECT line.letter_id, jsonb_object_agg(fact.key, fact.value) AS facts
    FROM (
        SELECT change.letter_id, change.before, change.after, to_jsonb(today) AS today
        FROM letters_letterchange AS change
        -- The letter as of now tells which facts somebody has altered since.
        JOIN letters_letter AS today ON today.id = change.letter_id
        WHERE change.batch_id = %(batch)s AND change.kind = ANY(%(kinds)s) AND change.letter_id = ANY(%(letters)s)
        OFFSET 0 -- so that a letter is turned into JSON once and not once per fact
    ) AS line
    -- A row for every fact that the list changed.
    CROSS JOIN jsonb_each(line.before) AS fact
    WHERE line.today -> fact.key = line.after -> fact.key
      -- A category and a personnel case name the person who chose, if a person did.
      AND coalesce(line.today -> CASE fact.key
          WHEN 'category' THEN 'category_by_id'
          WHEN 'is_personnel_case' THEN 'personnel_by_id'
      END, 'null') = 'null'
      AND (fact.key, fact.value) <> ('is_personnel_case', 'false')
      AND fact.value <> to_jsonb(%(erased_text)s::text)
    GROUP BY line.letter_id
) AS back
WHERE back.letter_id = l.id
