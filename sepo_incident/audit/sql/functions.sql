-- The functions that the triggers of the append-only tables call. The first migration installs this file, and
-- verify_audit compares the functions in the database with the file. A change here needs a migration that runs the file
-- again.

-- The columns of a table, in alphabetical order.
CREATE OR REPLACE FUNCTION audit_columns(ledger regclass) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
    WHERE attrelid = ledger AND attnum > 0 AND NOT attisdropped
$$;

-- The columns that are not among the covered columns, because a column was added after the row was written.
CREATE OR REPLACE FUNCTION audit_without(columns text[], covered text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(one), '{}') FROM unnest(columns) AS one WHERE one <> ALL(covered)
$$;

-- The SHA-256 of a row as JSON, without the columns in "besides". The time zone is fixed, so that a timestamp has the
-- same text in every session.
CREATE OR REPLACE FUNCTION audit_digest(line anyelement, besides text[] DEFAULT '{}') RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
    SELECT sha256(convert_to((to_jsonb(line) - besides)::text, 'UTF8'))
$$;

-- The hash of a link: of the number, the hash of the previous link, and the values of the statement. A statement of a
-- table without personal columns has no seals.
CREATE OR REPLACE FUNCTION audit_hash(number bigint, previous bytea, statement audit_statement) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
    SELECT sha256(
        previous
        || convert_to((CASE WHEN statement.personal = '{}'
            THEN jsonb_build_array(number, statement.id, statement.ledger, statement.columns, statement.at)
            ELSE jsonb_build_array(number, statement.id, statement.ledger, statement.columns, statement.personal, statement.at)
        END)::text, 'UTF8')
        || array_send(statement.ids) || array_send(statement.digests)
        || CASE WHEN statement.personal = '{}' THEN '' ELSE array_send(statement.sealed) END
    )
$$;

-- A row as JSON, with timestamps in UTC.
CREATE OR REPLACE FUNCTION audit_json(line anyelement) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
    SELECT to_jsonb(line)
$$;

-- The keys of the first object that are missing or different in the second, with the values of the first.
CREATE OR REPLACE FUNCTION audit_differing(one jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(one) WHERE other -> key IS DISTINCT FROM value
$$;

-- Adds the present rows of a table to the chain. A migration calls the function for a table that becomes append-only
-- later.
CREATE OR REPLACE FUNCTION audit_begin(ledger regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO audit_statement (ledger, columns, ids, digests, at)
         SELECT %1$L, audit_columns(%1$L), array_agg(line.id ORDER BY line.id),
                array_agg(audit_digest(line) ORDER BY line.id), clock_timestamp()
         FROM %1$s AS line HAVING count(*) > 0', ledger
    );
END
$$;

-- A row as JSON after an erasure: every personal path («column» or «column.key») is «[slettet]», and the salt is null.
CREATE OR REPLACE FUNCTION audit_emptied(line jsonb, personal text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    path text[];
BEGIN
    FOR path IN SELECT string_to_array(one, '.') FROM unnest(personal) AS one LOOP
        IF line #> path NOT IN ('null', '""') THEN
            line := jsonb_set(line, path, '"[slettet]"', false);
        END IF;
    END LOOP;
    RETURN jsonb_set(line, '{salt}', 'null');
END
$$;

-- Erases the personal values of the rows with the ids. The function runs as the owner of the tables, so that a role
-- with only INSERT on the append-only tables can erase by inserting a row in audit_erasure.
CREATE OR REPLACE FUNCTION audit_empty(ledger text, personal text[], ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    emptied text := (
        SELECT string_agg(DISTINCT format('%I', split_part(one, '.', 1)), ', ') FROM unnest(personal || '{salt}') AS one
    );
    found bigint;
BEGIN
    EXECUTE format(
        'UPDATE %1$I AS line SET (%2$s) = (
            SELECT %2$s FROM jsonb_populate_record(line, audit_emptied(audit_json(line), $1))
         ) WHERE line.id = ANY($2) AND line.salt IS NOT NULL', ledger, emptied
    ) USING personal, ids;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(ids) THEN
        RAISE EXCEPTION 'Kun % af % rækker i % kan tømmes.', found, cardinality(ids), ledger;
    END IF;
END
$$;

-- Records a check of the chain, as the owner of the tables, because nobody else may add to audit_check. Only a link that
-- exists can be recorded, with the hash that the link has.
CREATE OR REPLACE FUNCTION audit_record_check(number bigint, head bytea, rows bigint, is_whole boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_check (number, hash, rows, is_whole)
    SELECT link.number, link.hash, $3, $4 FROM audit_link AS link WHERE link.number = $1 AND link.hash = $2
$$;

-- A row as JSON without the personal values and the salt.
CREATE OR REPLACE FUNCTION audit_rest(line jsonb, personal text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    path text;
BEGIN
    FOREACH path IN ARRAY personal LOOP
        line := line #- string_to_array(path, '.');
    END LOOP;
    RETURN line - 'salt';
END
$$;

-- Seals the columns that become personal in a table with rows. The function verifies the table and the chain, empties
-- the rows erased earlier, and rebuilds the statements of the table and then all links. A migration calls the function.
CREATE OR REPLACE FUNCTION audit_seal(ledger text, personal text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    emptied text := (
        SELECT string_agg(DISTINCT format('%I', split_part(one, '.', 1)), ', ') FROM unnest(personal || '{salt}') AS one
    );
    broken bigint;
    link audit_link;
    statement audit_statement;
    last bytea := '';
BEGIN
    EXECUTE format(
        'SELECT min(number) FROM (
            SELECT link.number, statement.personal, one.*, line.id AS stands, line.salt,
                   audit_json(line) - audit_without(audit_columns(%1$L), statement.columns) AS line,
                   EXISTS (SELECT FROM audit_erasure AS gone WHERE gone.ledger = %1$L AND gone.row_id = line.id) AS is_erased
            FROM audit_link AS link JOIN audit_statement AS statement ON statement.id = link.statement_id
            CROSS JOIN unnest(statement.ids, statement.digests, statement.sealed) AS one (id, digest, seal)
            LEFT JOIN %1$I AS line ON line.id = one.id
            WHERE statement.ledger = %1$L
         ) AS one
         WHERE CASE WHEN one.seal IS NOT NULL AND one.salt IS NULL
            THEN NOT one.is_erased
                OR one.digest IS DISTINCT FROM sha256(convert_to(audit_rest(one.line, one.personal)::text, ''UTF8''))
            ELSE coalesce(one.seal, one.digest) IS DISTINCT FROM sha256(convert_to(one.line::text, ''UTF8''))
         END', ledger
    ) INTO broken;
    IF broken IS NULL THEN
        SELECT min(one.number) INTO broken FROM (
            SELECT number, hash, previous, statement_id, lag(hash, 1, '') OVER (ORDER BY number) AS before
            FROM audit_link
        ) AS one LEFT JOIN audit_statement AS stands ON stands.id = one.statement_id
        WHERE one.previous <> one.before OR one.hash IS DISTINCT FROM audit_hash(one.number, one.previous, stands);
    END IF;
    IF broken IS NULL THEN
        SELECT min(seen.number) INTO broken FROM audit_check AS seen
        LEFT JOIN audit_link AS stands ON stands.number = seen.number WHERE stands.hash IS DISTINCT FROM seen.hash;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'Led nr. % er ikke, som det blev skrevet. Kør verify_audit, før kæden laves om.', broken;
    END IF;
    EXECUTE format(
        'UPDATE %1$I AS line SET (%2$s) = (
            SELECT %2$s FROM jsonb_populate_record(line, audit_emptied(audit_json(line), $1))
         ) WHERE line.salt IS NULL', ledger, emptied
    ) USING personal;
    -- a table is not altered while a row of it is to be checked at the commit
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    ALTER TABLE audit_statement DISABLE TRIGGER USER;
    ALTER TABLE audit_link DISABLE TRIGGER USER;
    ALTER TABLE audit_check DISABLE TRIGGER USER;
    EXECUTE format(
        'UPDATE audit_statement AS stands
         SET personal = $1, columns = made.columns, digests = made.digests, sealed = made.sealed
         FROM (
             SELECT one.id, one.columns,
                    array_agg(sha256(convert_to(audit_rest(one.line, $1)::text, ''UTF8'')) ORDER BY row_id) AS digests,
                    array_agg(sha256(convert_to(one.line::text, ''UTF8'')) ORDER BY row_id) AS sealed
             FROM (
                 SELECT statement.id, statement.columns, line.id AS row_id,
                        audit_json(line) - audit_without(audit_columns(%1$L), statement.columns) AS line
                 FROM (
                     SELECT id, ids, (
                         SELECT array_agg(DISTINCT one ORDER BY one) FROM unnest(columns || ''{salt}'') AS one
                     ) AS columns
                     FROM audit_statement WHERE ledger = %1$L
                 ) AS statement
                 CROSS JOIN unnest(statement.ids) AS row (id) JOIN %1$I AS line ON line.id = row.id
             ) AS one GROUP BY one.id, one.columns
         ) AS made WHERE made.id = stands.id', ledger
    ) USING personal;
    FOR link IN SELECT * FROM audit_link ORDER BY number LOOP
        SELECT * INTO STRICT statement FROM audit_statement WHERE id = link.statement_id;
        UPDATE audit_link SET previous = last, hash = audit_hash(link.number, last, statement)
        WHERE number = link.number RETURNING hash INTO last;
    END LOOP;
    UPDATE audit_check AS seen SET hash = stands.hash FROM audit_link AS stands WHERE stands.number = seen.number;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    ALTER TABLE audit_statement ENABLE TRIGGER USER;
    ALTER TABLE audit_link ENABLE TRIGGER USER;
    ALTER TABLE audit_check ENABLE TRIGGER USER;
END
$$;
