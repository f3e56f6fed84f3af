-- Give users the name, the phone and the unit of the changed rows. A person who returns may sign in again; a person whose access
-- was closed by hand may not.
UPDATE accounts_user AS u
SET name = coalesce(nullif(r.name, ''), u.name),
    phone = coalesce(nullif(r.phone, ''), u.phone),
    unit_id = coalesce(r.unit_id, u.unit_id),
    left_on = NULL,
    is_active = u.is_active OR u.left_on IS NOT NULL
FROM accounts_staffrow AS r
WHERE r.staff_import_id = %(staff)s AND r.verdict = 'CHANGED' AND r.email = lower(u.email)
