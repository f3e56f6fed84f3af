-- Replace the former addresses of people and leaders in a staff file: an address that was corrected since means the
-- same person.
--
-- {former_emails}: accounts/former_emails.sql
UPDATE accounts_staffrow AS r
SET email = former.now
FROM ({former_emails}) AS former
WHERE r.staff_import_id = %(staff)s AND r.email = former.old;

UPDATE accounts_staffrow AS r
SET leader_email = former.now
FROM ({former_emails}) AS former
WHERE r.staff_import_id = %(staff)s AND r.leader_email = former.old
