-- Make a user of every row of {people}, a query of (email, name, unit_id, phone, address_since). Nobody can sign in as the
-- user before the account is claimed: the password is unusable. A person without a name is called by the address.
WITH people AS MATERIALIZED ({people}), known AS (
    -- The file names the address of a person whom somebody typed. A corrected address stays unknown, because the former
    -- address in a file has been replaced by the corrected one. No other user is locked, so that all can sign in meanwhile.
    UPDATE accounts_user AS u SET address_since = people.address_since
    FROM people
    WHERE u.address_since IS NULL AND lower(u.email) = people.email AND people.address_since IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM accounts_emailchange AS change
          WHERE change.user_id = u.id AND lower(change.new) = lower(u.email)
      )
)
INSERT INTO accounts_user (email, name, unit_id, phone, password, is_active, created_at, address_since)
SELECT
    email, coalesce(nullif(name, ''), email), unit_id, phone, '!' || replace(gen_random_uuid()::text, '-', ''), true, %(now)s,
    address_since
FROM people
-- Two files saved at the same time would otherwise deadlock.
ORDER BY email
ON CONFLICT DO NOTHING
