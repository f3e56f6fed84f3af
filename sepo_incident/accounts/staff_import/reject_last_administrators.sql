-- Reject the rows that would lock out the user who imports, or the last administrators of KIT.
--
-- {leaving_users}: leaving_users.sql. {kept_users}: kept_users.sql.
WITH going AS ({leaving_users})
UPDATE accounts_staffrow AS r
SET verdict = 'REJECTED',
    problems = r.problems || jsonb_build_array(jsonb_build_object(
        'column', 'Aktiv', 'severity', 'reject', 'value', 'nej',
        'message', 'Personen administrerer systemet. Giv først en anden rollen.'
    ))
FROM accounts_user AS u
WHERE r.staff_import_id = %(staff)s AND r.verdict = 'LEFT' AND r.email = lower(u.email)
  AND u.id IN ({kept_users})
