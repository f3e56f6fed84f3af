-- Remark on rows whose leader is neither in the file nor among our users.
UPDATE accounts_staffrow AS r
SET problems = r.problems || jsonb_build_array(jsonb_build_object(
    'column', 'Leder', 'severity', 'notice', 'value', r.leader_email,
    'message', 'Lederen er hverken i filen eller i systemet. Tilføj lederen til filen.'
))
WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_email <> ''
  AND NOT EXISTS (SELECT FROM accounts_user WHERE lower(email) = r.leader_email)
  AND NOT EXISTS (
      SELECT FROM accounts_staffrow AS o
      WHERE o.staff_import_id = %(staff)s AND o.verdict <> 'REJECTED' AND o.email = r.leader_email
  )
