-- Copy the demo's units without units below, with their people, leaders, letters and follow-ups.
--
-- unit_copies: of each unit. letter_copies: of each letter, dealt out between the unit and its copies.
-- last: letters of the last copy.
SET session_replication_role = replica;  -- no triggers: the copies have no history

CREATE TEMP TABLE unit_copy AS
SELECT unit.id AS old, round, nextval(pg_get_serial_sequence('accounts_unit', 'id')) AS new
FROM accounts_unit AS unit, generate_series(1, %(unit_copies)s) AS round
WHERE NOT EXISTS (SELECT FROM accounts_unit AS below WHERE below.parent_id = unit.id);

INSERT INTO accounts_unit (id, name, code, kind, parent_id, lineage, sort_key)
SELECT new, name || ' ' || round, '', kind, parent_id, lineage[:cardinality(lineage) - 1] || new, sort_key || ' ' || round
FROM unit_copy JOIN accounts_unit AS unit ON unit.id = old;

CREATE TEMP TABLE person_copy AS
SELECT person.id AS old, round, nextval(pg_get_serial_sequence('accounts_user', 'id')) AS new, unit_copy.new AS unit_id
FROM accounts_user AS person JOIN unit_copy ON unit_copy.old = person.unit_id;

INSERT INTO accounts_user (id, unit_id, email, {person_columns})
SELECT new, person_copy.unit_id, 'kopi' || round || '.' || email, {person_columns}
FROM person_copy JOIN accounts_user AS person ON person.id = old;

INSERT INTO accounts_membership (user_id, unit_id, {membership_columns})
SELECT person_copy.new, unit_copy.new, {membership_columns}
FROM accounts_membership AS membership
JOIN person_copy ON person_copy.old = user_id
JOIN unit_copy ON unit_copy.old = membership.unit_id AND unit_copy.round = person_copy.round;

CREATE TEMP TABLE letter_copy AS
SELECT letter.id AS old, nextval(pg_get_serial_sequence('letters_letter', 'id')) AS new, copy,
    copy %% (%(unit_copies)s + 1) AS round
FROM generate_series(1, %(letter_copies)s) AS copy,
    LATERAL (
        SELECT id FROM letters_letter ORDER BY id LIMIT CASE WHEN copy = %(letter_copies)s THEN %(last)s END
    ) AS letter;

INSERT INTO letters_letter (
    id, source_ref, unit_id, sender_id, leader_id, listed_sender_id, listed_leader_id, {letter_columns}
)
SELECT letter_copy.new, copy || '-' || source_ref, coalesce(unit_copy.new, letter.unit_id),
    coalesce(sender.new, sender_id), coalesce(leader.new, leader_id),
    coalesce(sender.new, listed_sender_id), coalesce(leader.new, listed_leader_id), {letter_columns}
FROM letter_copy
JOIN letters_letter AS letter ON letter.id = letter_copy.old
LEFT JOIN unit_copy ON unit_copy.old = letter.unit_id AND unit_copy.round = letter_copy.round
LEFT JOIN person_copy AS sender ON sender.old = sender_id AND sender.round = letter_copy.round
LEFT JOIN person_copy AS leader ON leader.old = leader_id AND leader.round = letter_copy.round;

INSERT INTO followups_followup (letter_id, {followup_columns})
SELECT new, {followup_columns} FROM letter_copy JOIN followups_followup AS followup ON followup.letter_id = old;

DROP TABLE unit_copy, person_copy, letter_copy;
SET session_replication_role = DEFAULT;
ANALYZE
