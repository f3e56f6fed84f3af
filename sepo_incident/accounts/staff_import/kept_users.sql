-- The users who are never locked out: the user who imports, and KIT's last administrators if all of KIT's
-- administrators would leave. Needs the query «going» (leaving_users.sql).
SELECT id
FROM accounts_user
WHERE id = %(by)s
UNION ALL
SELECT u.id
FROM accounts_user AS u
-- An administrator of KIT has the role.
JOIN accounts_membership AS m ON m.user_id = u.id AND m.role = 'KIT_ADMIN'
WHERE u.is_active AND NOT EXISTS (
    SELECT FROM accounts_user AS o
    -- Another administrator, who stays.
    JOIN accounts_membership AS k ON k.user_id = o.id AND k.role = 'KIT_ADMIN'
    WHERE o.is_active AND o.id NOT IN (SELECT user_id FROM going)
)
