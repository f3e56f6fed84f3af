-- The users who leave because a file with every employee omits them.
--
-- {leaving_users}: leaving_users.sql. {kept_users}: kept_users.sql.
WITH going AS ({leaving_users})
SELECT u.id
FROM going
-- The address tells whether the file has the user.
JOIN accounts_user AS u ON u.id = going.user_id
WHERE u.id NOT IN ({kept_users})
  AND NOT EXISTS (
      SELECT FROM accounts_staffrow AS r
      WHERE r.staff_import_id = %(staff)s AND r.email = lower(u.email)
  )
