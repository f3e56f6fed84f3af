-- The functions that the triggers of the append-only tables call. The first migration installs this file.

-- The columns of a table, in alphabetical order.
CREATE OR REPLACE FUNCTION audit_columns(ledger regclass) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
    WHERE attrelid = ledger AND attnum > 0 AND NOT attisdropped
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
CREATE OR REPLACE FUNCTION audit_record_check(number bigint, head bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_check (number, hash)
    SELECT link.number, link.hash FROM audit_link AS link WHERE link.number = $1 AND link.hash = $2
$$;
