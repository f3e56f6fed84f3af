-- The leader roles (id) that a staff file gave and that this file no longer names. Only in units that the file mentions,
-- and only if the file has leaders.
--
-- {named_leaders}: named_leaders.sql
WITH named AS ({named_leaders})
SELECT m.id
FROM accounts_membership AS m
WHERE m.made_by_staff_file AND m.role = 'LEADER' AND %(has_leaders)s
  AND m.unit_id IN (
      SELECT unit_id
      FROM accounts_staffrow
      WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED'
  )
  AND NOT EXISTS (SELECT FROM named WHERE named.user_id = m.user_id AND named.unit_id = m.unit_id)
