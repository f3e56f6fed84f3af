-- The columns of a user, those of the user's unit, and the rows of `roles_and_represented.sql` as JSON.
--
-- user: id. on: the day.
SELECT {columns}, (SELECT json_agg(held) FROM ({roles}) AS held (role, id, registered_by))
FROM accounts_user AS person
LEFT JOIN accounts_unit AS unit ON unit.id = person.unit_id
WHERE person.id = %(user)s
