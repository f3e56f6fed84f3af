-- Reject the rows, among the rows in question, that would give a personnel case to a barred user as sender or as
-- leader.
--
-- field: 'sender_email' or 'leader_email', the person to check. roles: the roles that bar a user.
WITH barred AS MATERIALIZED (
    SELECT person.id, lower(person.email) AS email
    FROM accounts_user AS person
    WHERE person.id IN (SELECT user_id FROM accounts_membership WHERE role = ANY(%(roles)s))
)
UPDATE letters_importrow AS r
SET verdict = 'REJECTED',
    problems = r.problems || jsonb_build_array(%(problem)s::jsonb || jsonb_build_object('value', named.email))
FROM letters_importrow AS one
-- The address in the row.
CROSS JOIN LATERAL (
    SELECT CASE %(field)s WHEN 'sender_email' THEN one.sender_email ELSE one.leader_email END AS email
) AS named
-- The letter, if the row is about a known letter.
LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = one.source_ref
-- The letter's present sender or leader.
LEFT JOIN accounts_user AS now ON now.id = CASE %(field)s WHEN 'sender_email' THEN l.sender_id ELSE l.leader_id END
WHERE one.id = r.id AND r.id = ANY(%(in_question)s) AND r.verdict <> 'REJECTED' AND (
    -- The row names a barred user who is not on the letter already, and ...
    named.email IN (SELECT email FROM barred) AND named.email IS DISTINCT FROM lower(now.email) AND (
        -- ... the letter is or has been a personnel case,
        l.is_personnel_case
        OR EXISTS (SELECT FROM letters_letterchange WHERE letter_id = l.id AND before ? 'is_personnel_case')
        -- ... or the row is a personnel case, and somebody has typed the address on the check page.
        OR r.is_personnel_case AND jsonb_path_query_array(
            r.corrections, '$[*] ? (@.field == $field)', jsonb_build_object('field', %(field)s::text)
        ) -> -1 -> 'is_back' = 'false'
    )
    -- The letter belongs to a barred user, and the row would add the hidden subject of a personnel case.
    OR now.id IN (SELECT id FROM barred) AND named.email IN ('', lower(now.email))
        AND r.is_personnel_case AND r.subject NOT IN ('', l.subject)
)
