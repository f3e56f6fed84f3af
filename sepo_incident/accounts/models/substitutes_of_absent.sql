-- The substitute of every absent person: (person, substitute, last day, registered_by, name of the substitute). Follows
-- the chain of substitutes to a person who is present. A chain that returns to a person already passed has no end.
--
-- people: ids of the absent people, or NULL for all. on: the day.
WITH RECURSIVE in_force AS NOT MATERIALIZED (
    -- The absences on the day. Not materialized, so that an index finds the few absences of a person.
    SELECT person_id, substitute_id, registered_by_id, registered_at, last_day
    FROM accounts_absence
    WHERE taken_back_at IS NULL AND first_day <= %(on)s AND coalesce(last_day, 'infinity') >= %(on)s
), chain AS (
    SELECT
        away.person_id, away.substitute_id AS at_id, away.last_day, away.registered_by_id AS registered_by,
        away.registered_at AS named_at,
        ARRAY[away.person_id, away.substitute_id] AS passed
    FROM in_force AS away
    WHERE %(people)s::bigint[] IS NULL OR away.person_id = ANY(%(people)s)
    UNION ALL
    SELECT
        chain.person_id, away.substitute_id, least(chain.last_day, away.last_day),
        CASE WHEN away.registered_by_id = chain.registered_by THEN chain.registered_by END,
        away.registered_at, chain.passed || away.substitute_id
    FROM chain
    -- The substitute is away too.
    JOIN in_force AS away ON away.person_id = chain.at_id
    WHERE away.substitute_id <> ALL (chain.passed)
), ended AS (
    SELECT
        chain.person_id, chain.at_id, chain.last_day, here.name,
        -- Only an address that was known when the substitute was named opens a personnel case.
        CASE WHEN here.address_since <= chain.named_at THEN chain.registered_by END AS registered_by
    FROM chain
    -- The substitute is present: works here, can be reached, and is not away.
    JOIN accounts_user AS here ON here.id = chain.at_id
    WHERE here.is_active AND here.left_on IS NULL AND here.unreachable_since IS NULL
      AND NOT EXISTS (SELECT FROM in_force AS away WHERE away.person_id = chain.at_id)
)
SELECT DISTINCT ON (chain.person_id)
    chain.person_id, ended.at_id, ended.last_day,
    -- Nobody of Koncern IT or DIT, as in roles_and_represented.sql, opens one.
    CASE WHEN NOT EXISTS (
        SELECT FROM accounts_membership AS held
        WHERE held.user_id = ended.at_id AND held.role IN ('KIT_ADMIN', 'DIT_SUPPORT')
    ) THEN ended.registered_by END,
    coalesce(ended.name, '')
FROM chain
-- A chain without an end gives a row without a substitute.
LEFT JOIN ended USING (person_id)
ORDER BY chain.person_id
