-- Give letters a sender, a leader or a unit (fact), and leave the two other owners.
UPDATE letters_letter AS l
SET sender_id = CASE %(fact)s WHEN 'sender' THEN %(chosen)s ELSE l.sender_id END,
    leader_id = CASE %(fact)s WHEN 'leader' THEN %(chosen)s ELSE l.leader_id END,
    unit_id = CASE %(fact)s WHEN 'unit' THEN %(chosen)s ELSE l.unit_id END
WHERE l.id = ANY(%(letters)s)
