-- Give letters the sender, leader or unit (fact) from before an assignment, if the assigned value still stands.
UPDATE letters_letter AS l
SET sender_id = CASE %(fact)s WHEN 'sender' THEN (given.before ->> 'sender_id')::bigint ELSE l.sender_id END,
    leader_id = CASE %(fact)s WHEN 'leader' THEN (given.before ->> 'leader_id')::bigint ELSE l.leader_id END,
    unit_id = CASE %(fact)s WHEN 'unit' THEN (given.before ->> 'unit_id')::bigint ELSE l.unit_id END
-- The change that the assignment recorded has the value from before.
FROM letters_letterchange AS given
WHERE given.assignment_id = %(assignment)s AND given.letter_id = l.id AND l.id = ANY(%(letters)s)
  AND CASE %(fact)s
      WHEN 'sender' THEN l.sender_id = (given.after ->> 'sender_id')::bigint
      WHEN 'leader' THEN l.leader_id = (given.after ->> 'leader_id')::bigint
      WHEN 'unit' THEN l.unit_id = (given.after ->> 'unit_id')::bigint
  END
