-- What the pages of a board count of its letters: JSON by unit, sender, category and day.
WITH senders AS (
    -- Are the senders told apart? Always on a board without units below.
    SELECT {by_sender} OR NOT EXISTS (
        SELECT FROM letters_letter AS letter WHERE {chosen} AND letter.unit_id <> {unit}
    ) AS are_counted
), board AS MATERIALIZED (
    SELECT letter.unit_id,
        CASE WHEN are_counted THEN letter.sender_id END AS sender_id,
        CASE WHEN NOT letter.may_read THEN {personnel_category} WHEN letter.category = '' THEN {no_subject_category}
            ELSE letter.category END AS category,
        followup.decided_on,
        (followup.confirmed_at AT TIME ZONE 'Europe/Copenhagen')::date AS followed_up_on,
        -- The day when the letters' follow-up was opened; NULL for letters without one.
        least(followup.opened_on, followup.decided_on) AS came_on,
        -- The bits of the figures that count the letters.
        {figures} AS figures,
        max(followup.confirmed_at) FILTER (WHERE followup.confirmed_by_id = {reader}) AS confirmed_at,
        count(*) AS number
    FROM senders
    CROSS JOIN (
        SELECT letter.id, letter.incident_id, letter.unit_id, letter.sender_id, letter.leader_id, letter.category,
            letter.is_personnel_case, coalesce({may_read}, false) AS may_read, {leads} AS leads
        FROM letters_letter AS letter WHERE {chosen} OFFSET 0
    ) AS letter
    JOIN letters_incident AS incident ON incident.id = letter.incident_id
    LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
    LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), by_unit AS (
    SELECT unit_id, figures, sum(number) AS number FROM board GROUP BY unit_id, figures
), by_sender AS (
    SELECT sender_id, figures, sum(number) AS number FROM board, senders WHERE are_counted GROUP BY sender_id, figures
    UNION ALL
    (SELECT DISTINCT letter.sender_id, 0, 0 FROM letters_letter AS letter, senders
    WHERE NOT are_counted AND {chosen} LIMIT {senders_named})
), by_category AS (
    SELECT category, figures, sum(number) AS number FROM board GROUP BY category, figures
), by_day AS (
    SELECT unit_id, sender_id, came_on, decided_on, followed_up_on, sum(number) AS number
    FROM board WHERE came_on IS NOT NULL GROUP BY unit_id, sender_id, came_on, decided_on, followed_up_on
)
SELECT
    (SELECT json_agg(json_build_array(unit.lineage, unit.name, figures, number))
        FROM by_unit JOIN accounts_unit AS unit ON unit.id = unit_id),
    (SELECT json_agg(json_build_array(sender_id, sender.name, sender.phone, unit.name, figures, number))
        FROM by_sender LEFT JOIN accounts_user AS sender ON sender.id = sender_id
        LEFT JOIN accounts_unit AS unit ON unit.id = sender.unit_id),
    (SELECT json_agg(json_build_array(category, figures, number)) FROM by_category),
    (SELECT json_agg(json_build_array(unit.lineage, sender_id, came_on, decided_on, followed_up_on, number))
        FROM by_day JOIN accounts_unit AS unit ON unit.id = unit_id),
    (SELECT max(confirmed_at) FROM board),
    (SELECT are_counted FROM senders)
