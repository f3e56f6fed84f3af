-- Every accepted row of a list, compared with the letter: (id, changes, so_far, verdict).
--
-- changes: {field: [text of the letter, text of the list]} of the facts that differ.
-- so_far: the verdict before. verdict: NEW without a letter, KNOWN if nothing differs, else CHANGED.
SELECT
    id, changes, so_far,
    CASE WHEN is_new THEN 'NEW' WHEN changes = '{}' THEN 'KNOWN' ELSE 'CHANGED' END AS verdict
FROM (
    SELECT
        r.id, r.verdict AS so_far, l.id IS NULL AS is_new,
        CASE
            -- Cheap for the many rows that are new or differ in nothing.
            WHEN l.id IS NULL OR NOT (
                differs.sent_at OR differs.sender_email OR differs.sender_name OR differs.leader_email
                OR differs.leader_name OR differs.recipient_kind OR differs.recipient OR differs.unit_name
                OR differs.subject OR differs.withdrawn
            ) THEN '{}'
            ELSE CASE WHEN differs.sent_at THEN jsonb_build_object('sent_at', jsonb_build_array(
                to_char(l.sent_at AT TIME ZONE 'Europe/Copenhagen', 'DD-MM-YYYY HH24:MI'),
                to_char(r.sent_at AT TIME ZONE 'Europe/Copenhagen', 'DD-MM-YYYY HH24:MI')
            )) ELSE '{}' END
            || CASE WHEN differs.sender_email THEN jsonb_build_object('sender_email', jsonb_build_array(
                coalesce(lower(sender.email), ''), r.sender_email
            )) ELSE '{}' END
            || CASE WHEN differs.sender_name THEN jsonb_build_object('sender_name', jsonb_build_array(
                l.sender_name, r.sender_name
            )) ELSE '{}' END
            || CASE WHEN differs.leader_email THEN jsonb_build_object('leader_email', jsonb_build_array(
                coalesce(lower(leader.email), ''), r.leader_email
            )) ELSE '{}' END
            || CASE WHEN differs.leader_name THEN jsonb_build_object('leader_name', jsonb_build_array(
                l.leader_name, r.leader_name
            )) ELSE '{}' END
            || CASE WHEN differs.recipient_kind THEN jsonb_build_object('recipient_kind', jsonb_build_array(
                l.recipient_kind, r.recipient_kind
            )) ELSE '{}' END
            || CASE WHEN differs.recipient THEN jsonb_build_object('recipient', jsonb_build_array(
                l.recipient_key, r.recipient_key
            )) ELSE '{}' END
            || CASE WHEN differs.unit_name THEN jsonb_build_object('unit_name', jsonb_build_array(
                coalesce(unit.name, ''), coalesce(nullif(r.subunit, ''), r.unit_name)
            )) ELSE '{}' END
            -- The subject of a personnel case is never shown.
            || CASE WHEN differs.subject THEN jsonb_build_object('subject', jsonb_build_array(
                CASE WHEN l.is_personnel_case OR r.is_personnel_case THEN %(hidden)s::text ELSE l.subject END,
                CASE WHEN l.is_personnel_case OR r.is_personnel_case THEN %(hidden)s::text ELSE r.subject END
            )) ELSE '{}' END
            || CASE WHEN differs.withdrawn THEN jsonb_build_object('withdrawn', jsonb_build_array(
                'trukket tilbage'::text, 'på listen igen'::text
            )) ELSE '{}' END
        END AS changes
    FROM letters_importrow AS r
    -- The unit that the five columns name. Every row has a path, so an inner join would give the same; but for equality
    -- of five columns the planner expects a single row of a long list, and then holds the list in memory.
    LEFT JOIN jsonb_to_recordset(%(places)s::jsonb) AS place(
        administration text, area text, unit_name text, subunit text, unit_code text, unit_id bigint
    ) USING (administration, area, unit_name, subunit, unit_code)
    -- A row without a letter is new.
    LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = r.source_ref
    -- The owners that people have chosen for the letter. A choice holds until a list says something new: an empty cell
    -- says nothing, nor does the value that the list had before the person chose.
    LEFT JOIN (
        SELECT given.*, lower(sender.email) AS sender_said, lower(leader.email) AS leader_said
        FROM (
            -- The last choice (…_id), and the value before the first choice (…_was).
            SELECT
                letter_id,
                (array_agg((after ->> 'sender_id')::bigint ORDER BY id DESC) FILTER (WHERE after ? 'sender_id'))[1]
                    AS sender_id,
                (array_agg((before ->> 'sender_id')::bigint ORDER BY id) FILTER (WHERE after ? 'sender_id'))[1]
                    AS sender_was,
                (array_agg((after ->> 'leader_id')::bigint ORDER BY id DESC) FILTER (WHERE after ? 'leader_id'))[1]
                    AS leader_id,
                (array_agg((before ->> 'leader_id')::bigint ORDER BY id) FILTER (WHERE after ? 'leader_id'))[1]
                    AS leader_was,
                (array_agg((after ->> 'unit_id')::bigint ORDER BY id DESC) FILTER (WHERE after ? 'unit_id'))[1]
                    AS unit_id,
                (array_agg((before ->> 'unit_id')::bigint ORDER BY id) FILTER (WHERE after ? 'unit_id'))[1]
                    AS unit_was
            FROM letters_letterchange
            WHERE kind = 'ASSIGNED'
            GROUP BY letter_id
        ) AS given
        -- A list names people by address.
        LEFT JOIN accounts_user AS sender ON sender.id = given.sender_was
        LEFT JOIN accounts_user AS leader ON leader.id = given.leader_was
    ) AS chosen ON chosen.letter_id = l.id
    -- The letter's people and unit, compared and shown as a list names them.
    LEFT JOIN accounts_user AS sender ON sender.id = l.sender_id
    LEFT JOIN accounts_user AS leader ON leader.id = l.leader_id
    LEFT JOIN accounts_unit AS unit ON unit.id = l.unit_id
    -- Which facts differ. Only the sheets of the list that have the column (tell_…) tell the fact. The subject and the
    -- recipient of a personnel case are not compared: the answer would tell whoever guesses them.
    CROSS JOIN LATERAL (
        SELECT
            r.sheet = ANY(%(tell_sent_at)s::smallint[])
                AND l.sent_at IS DISTINCT FROM r.sent_at AS sent_at,
            r.sheet = ANY(%(tell_sender_email)s::smallint[])
                AND coalesce(lower(sender.email), '') IS DISTINCT FROM r.sender_email
                AND NOT coalesce(
                    l.sender_id = chosen.sender_id AND r.sender_email IN ('', coalesce(chosen.sender_said, '')), false
                ) AS sender_email,
            r.sheet = ANY(%(tell_sender_name)s::smallint[])
                AND l.sender_name IS DISTINCT FROM r.sender_name AS sender_name,
            r.sheet = ANY(%(tell_leader_email)s::smallint[])
                AND coalesce(lower(leader.email), '') IS DISTINCT FROM r.leader_email
                AND NOT coalesce(
                    l.leader_id = chosen.leader_id AND r.leader_email IN ('', coalesce(chosen.leader_said, '')), false
                ) AS leader_email,
            r.sheet = ANY(%(tell_leader_name)s::smallint[])
                AND l.leader_name IS DISTINCT FROM r.leader_name AS leader_name,
            r.sheet = ANY(%(tell_recipient_kind)s::smallint[])
                AND l.recipient_kind IS DISTINCT FROM r.recipient_kind AS recipient_kind,
            r.sheet = ANY(%(tell_recipient)s::smallint[])
                AND NOT (l.is_personnel_case AND l.recipient_key <> '')
                AND l.recipient_key IS DISTINCT FROM r.recipient_key AS recipient,
            r.sheet = ANY(%(tell_unit_name)s::smallint[])
                AND l.unit_id IS DISTINCT FROM place.unit_id
                AND NOT coalesce(
                    l.unit_id = chosen.unit_id AND (
                        r.unit_name || r.subunit || r.unit_code = '' OR place.unit_id = chosen.unit_was
                    ), false
                ) AS unit_name,
            r.sheet = ANY(%(tell_subject)s::smallint[])
                AND NOT (l.is_personnel_case AND l.subject <> '')
                AND l.subject IS DISTINCT FROM r.subject AS subject,
            -- A list that names a withdrawn letter takes the letter up again.
            r.sheet = ANY(%(tell_withdrawn)s::smallint[])
                AND l.withdrawn_at IS NOT NULL AS withdrawn
    ) AS differs
    WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED'
      AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
) AS held_together
