-- The people that the accepted rows name as sender or leader: (email, name, unit_id, phone,
-- address_since). An address identifies a person. An address that only a person typed has no address_since.
-- The person gets the name and the unit of most rows; of equally many, those of the first row. A name beats no name.
-- A list of letters has no phone numbers.
SELECT DISTINCT ON (email) email, name, unit_id, '' AS phone, CASE WHEN is_known THEN %(now)s::timestamptz END AS address_since
FROM (
    SELECT
        email, name, unit_id, sum(times) AS times, min(first_row) AS first_row,
        bool_or(bool_or(is_known)) OVER (PARTITION BY email) AS is_known
    FROM (
        SELECT r.sender_email AS email, r.sender_name AS name, place.unit_id, r.times, r.first_row, r.is_known
        FROM (
            SELECT
                sender_email, sender_name, administration, area, unit_name, subunit, unit_code,
                count(*) AS times, min(id) AS first_row,
                NOT bool_and(r.corrections @> '[{"field": "sender_email"}]') AS is_known
            FROM letters_importrow AS r
            WHERE r.batch_id = %(batch)s AND r.sender_email <> ''
              -- A change that is not accepted creates no people.
              AND (r.verdict = 'NEW' OR r.verdict = 'CHANGED' AND %(takes_changes)s)
            GROUP BY sender_email, sender_name, administration, area, unit_name, subunit, unit_code
        ) AS r
        -- The unit that the five columns name, joined after counting, when few rows are left.
        JOIN jsonb_to_recordset(%(places)s::jsonb) AS place(
            administration text, area text, unit_name text, subunit text, unit_code text, unit_id bigint
        ) USING (administration, area, unit_name, subunit, unit_code)
        UNION ALL
        SELECT r.leader_email, r.leader_name, place.unit_id, r.times, r.first_row, r.is_known
        FROM (
            SELECT
                leader_email, leader_name, administration, area, unit_name, subunit, unit_code,
                count(*) AS times, min(id) AS first_row,
                NOT bool_and(r.corrections @> '[{"field": "leader_email"}]') AS is_known
            FROM letters_importrow AS r
            WHERE r.batch_id = %(batch)s AND r.leader_email <> ''
              AND (r.verdict = 'NEW' OR r.verdict = 'CHANGED' AND %(takes_changes)s)
            GROUP BY leader_email, leader_name, administration, area, unit_name, subunit, unit_code
        ) AS r
        -- The unit, as for the senders.
        JOIN jsonb_to_recordset(%(places)s::jsonb) AS place(
            administration text, area text, unit_name text, subunit text, unit_code text, unit_id bigint
        ) USING (administration, area, unit_name, subunit, unit_code)
    ) AS named
    GROUP BY email, name, unit_id
) AS counted
ORDER BY email, name = '', times DESC, first_row
