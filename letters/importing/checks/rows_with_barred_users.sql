-- The few rows of a list that may give a personnel case to a barred user, found in a single pass over a long list:
-- rows that name a barred user, and personnel cases about a letter of a barred user.
--
-- roles: the roles that bar a user. only: ids of the rows to look at, or NULL for all.
WITH barred AS MATERIALIZED (
    SELECT person.id, lower(person.email) AS email
    FROM accounts_user AS person
    WHERE person.id IN (SELECT user_id FROM accounts_membership WHERE role = ANY(%(roles)s))
)
SELECT id
FROM letters_importrow
WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
  AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s::bigint[]))
  AND (
      sender_email IN (SELECT email FROM barred)
      OR leader_email IN (SELECT email FROM barred)
      OR is_personnel_case AND source_ref IN (
          SELECT source_ref
          FROM letters_letter
          WHERE incident_id = %(incident)s
            AND (sender_id IN (SELECT id FROM barred) OR leader_id IN (SELECT id FROM barred))
      )
  )
