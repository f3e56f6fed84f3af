-- The roles (user_id, unit_id, role) that a person's groups give.
--
-- person: id. groups: array of names.
SELECT u.id AS user_id, g.unit_id, g.role
FROM accounts_grouprole AS g
-- Nobody whose account is closed gets a role.
JOIN accounts_user AS u ON u.id = %(person)s AND u.is_active
WHERE g."group" = ANY(%(groups)s)
