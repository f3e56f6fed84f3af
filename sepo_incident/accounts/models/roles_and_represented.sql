-- Everything that a request asks about a user: (role, unit, NULL) for every membership, and ('', absent person,
-- registered_by) for every person for whom the user stands in.
--
-- user: id. on: the day.
WITH RECURSIVE in_force AS NOT MATERIALIZED (
    -- The absences on the day. Not materialized, so that an index finds the few absences of a person.
    SELECT person_id, substitute_id, registered_by_id, registered_at
    FROM accounts_absence
    WHERE taken_back_at IS NULL AND first_day <= %(on)s AND coalesce(last_day, 'infinity') >= %(on)s
), stood_in_for AS (
    -- A user who is away stands in for nobody.
    SELECT
        away.person_id,
        -- Only an address that was known when the substitute was named opens a personnel case.
        CASE WHEN here.address_since <= away.registered_at THEN away.registered_by_id END AS registered_by
    FROM in_force AS away
    -- The user.
    JOIN accounts_user AS here ON here.id = away.substitute_id
    WHERE away.substitute_id = %(user)s AND NOT EXISTS (SELECT FROM in_force AS own WHERE own.person_id = %(user)s)
    UNION
    SELECT away.person_id, CASE WHEN away.registered_by_id = nearer.registered_by THEN nearer.registered_by END
    FROM stood_in_for AS nearer
    -- A person whose substitute is away too, and so on.
    JOIN in_force AS away ON away.substitute_id = nearer.person_id
)
SELECT role, unit_id, NULL
FROM accounts_membership
WHERE user_id = %(user)s
UNION ALL
-- A substitution never gives access to a personnel case to a list administrator of Koncern IT, or a member of
-- DIT (docs/decisions/0015-personnel-cases.md).
SELECT '', person_id, CASE WHEN NOT EXISTS (
    SELECT FROM accounts_membership AS held
    WHERE held.user_id = %(user)s AND held.role IN ('KIT_ADMIN', 'DIT_SUPPORT')
) THEN registered_by END
FROM stood_in_for
