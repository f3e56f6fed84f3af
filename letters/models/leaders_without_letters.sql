-- The leader roles (id) that lists gave and no active letter supports any more: a corrected list, or an undone
-- assignment, removes the roles that were given by mistake.
SELECT m.id
FROM accounts_membership AS m
WHERE m.made_by_import AND m.role = 'LEADER' AND NOT EXISTS (
    SELECT FROM letters_letter AS l
    WHERE l.leader_id = m.user_id AND l.unit_id = m.unit_id AND l.withdrawn_at IS NULL
)
