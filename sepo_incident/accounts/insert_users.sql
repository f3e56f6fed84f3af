-- Make a user of every row of {people}, a query of (email, name, unit_id, phone). Nobody can sign in as the user before the
-- account is claimed: the password is unusable. A person without a name is called by the address.
INSERT INTO accounts_user (email, name, unit_id, phone, password, is_active, created_at)
SELECT
    email, coalesce(nullif(name, ''), email), unit_id, phone, '!' || replace(gen_random_uuid()::text, '-', ''), true, %(now)s
FROM ({people}) AS people
-- Two files saved at the same time would otherwise deadlock.
ORDER BY email
ON CONFLICT DO NOTHING
