-- The users who leave by a staff file: (user_id, left_on). The query «going» of other statements.
--
-- by: the user who imports. is_everybody: the file has every employee. today: the day of the import.
SELECT u.id AS user_id, r.left_on
FROM accounts_user AS u
-- The file says that the user has left.
JOIN accounts_staffrow AS r ON r.email = lower(u.email)
WHERE r.staff_import_id = %(staff)s AND r.verdict = 'LEFT' AND u.id IS DISTINCT FROM %(by)s
UNION ALL
-- The file has every employee, and omits the user.
SELECT u.id, %(today)s
FROM accounts_user AS u
WHERE %(is_everybody)s AND u.left_on IS NULL AND u.is_active AND u.id IS DISTINCT FROM %(by)s
  AND NOT EXISTS (
      SELECT FROM accounts_staffrow AS r
      WHERE r.staff_import_id = %(staff)s AND r.email = lower(u.email)
  )
