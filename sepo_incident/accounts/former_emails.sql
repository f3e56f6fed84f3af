-- (old, now), in lower case, for every corrected address that was known and that no user has today.
SELECT DISTINCT ON (lower(change.old)) lower(change.old) AS old, lower(person.email) AS now
FROM accounts_emailchange AS change
-- The address of the person as of now, whatever the address was corrected to then.
JOIN accounts_user AS person ON person.id = change.user_id
WHERE change.old_since IS NOT NULL AND NOT EXISTS (SELECT FROM accounts_user AS holder WHERE lower(holder.email) = lower(change.old))
-- Of two people who had the address, the last.
ORDER BY lower(change.old), change.id DESC
