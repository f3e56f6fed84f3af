-- The letters of a board as flat rows, and what its pages count of them: JSON by unit, sender, category and day.
WITH board AS MATERIALIZED (
    SELECT letter.unit_id, letter.sender_id,
        CASE WHEN NOT letter.may_read THEN {personnel_category} WHEN letter.category = '' THEN {no_subject_category}
            ELSE letter.category END AS category,
        followup.decided_on,
        -- The day when the letter's follow-up was opened; NULL for a letter without one.
        least(followup.opened_on, followup.decided_on) AS came_on,
        CASE WHEN followup.confirmed_by_id = {reader} THEN followup.confirmed_at END AS confirmed_at,
        -- The names of the figures that count the letter.
        array_remove(ARRAY[{figures}], NULL) AS figures
    FROM (
        SELECT letter.id, letter.incident_id, letter.unit_id, letter.sender_id, letter.leader_id, letter.category,
            letter.is_personnel_case, coalesce({may_read}, false) AS may_read, {leads} AS leads
        FROM letters_letter AS letter WHERE {chosen} OFFSET 0
    ) AS letter
    JOIN letters_incident AS incident ON incident.id = letter.incident_id
    LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
    LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id
), by_unit AS (
    SELECT unit_id, figures, count(*) AS number FROM board GROUP BY unit_id, figures
), senders AS (
    -- Are the senders told apart? Always on a board without units below.
    SELECT {by_sender} OR NOT EXISTS (SELECT FROM board WHERE unit_id <> {unit}) AS are_counted
), by_sender AS (
    SELECT sender_id, CASE WHEN are_counted THEN figures END AS figures, count(*) AS number
    FROM board CROSS JOIN senders GROUP BY 1, 2
    LIMIT (SELECT CASE WHEN NOT are_counted THEN {senders_named} END FROM senders)
), by_category AS (
    SELECT category, figures, count(*) AS number FROM board GROUP BY category, figures
), by_day AS (
    SELECT unit_id, came_on, decided_on, count(*) AS number,
        CASE WHEN are_counted THEN sender_id END AS sender_id
    FROM board CROSS JOIN senders WHERE came_on IS NOT NULL GROUP BY 1, 2, 3, 5
)
SELECT
    (SELECT json_agg(json_build_array(unit.lineage, unit.name, figures, number))
        FROM by_unit JOIN accounts_unit AS unit ON unit.id = unit_id),
    (SELECT json_agg(json_build_array(sender_id, sender.name, sender.phone, unit.name, figures, number))
        FROM by_sender LEFT JOIN accounts_user AS sender ON sender.id = sender_id
        LEFT JOIN accounts_unit AS unit ON unit.id = sender.unit_id),
    (SELECT json_agg(json_build_array(category, figures, number)) FROM by_category),
    (SELECT json_agg(json_build_array(unit.lineage, sender_id, came_on, decided_on, number))
        FROM by_day JOIN accounts_unit AS unit ON unit.id = unit_id),
    (SELECT max(confirmed_at) FROM board)
