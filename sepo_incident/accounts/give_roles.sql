-- Set the mark of a source on roles, and add the roles that nobody has given before.
--
-- {source}: column of accounts_membership. {roles}: a query of (user_id, unit_id, role).
INSERT INTO accounts_membership (user_id, unit_id, role, {source})
SELECT DISTINCT user_id, unit_id, role, true
FROM ({roles}) AS given
ON CONFLICT (user_id, unit_id, role) DO UPDATE SET {source} = true WHERE NOT accounts_membership.{source}
