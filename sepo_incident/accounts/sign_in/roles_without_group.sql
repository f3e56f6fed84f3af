-- The roles (id) that the municipality's sign-in gave a person, and that none of the person's groups gives any more.
--
-- person: id. groups: array of names.
SELECT m.id
FROM accounts_membership AS m
WHERE m.user_id = %(person)s AND m.made_by_provider AND NOT EXISTS (
    SELECT FROM accounts_grouprole AS g
    WHERE g."group" = ANY(%(groups)s) AND g.unit_id = m.unit_id AND g.role = m.role
)
