-- Close the access of the users who leave.
--
-- {leaving_users}: leaving_users.sql. {kept_users}: kept_users.sql.
WITH going AS ({leaving_users})
UPDATE accounts_user AS u
SET left_on = going.left_on, is_active = false
FROM going
WHERE going.user_id = u.id AND u.id NOT IN ({kept_users})
