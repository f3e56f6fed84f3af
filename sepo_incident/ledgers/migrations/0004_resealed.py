"""More is personal in what is told of tables without a ledger; and a check's time is that of the database."""

import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

#: As before, and where some rows are erased already: what is personal now goes from them too.
FUNCTIONS = """
    CREATE FUNCTION ledgers_rest(line jsonb, personal text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
        path text;
    BEGIN
        FOREACH path IN ARRAY personal LOOP
            line := line #- string_to_array(path, '.');
        END LOOP;
        RETURN line - 'salt';
    END
    $$;
    CREATE OR REPLACE FUNCTION ledgers_seal(ledger text, personal text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        emptied text := (
            SELECT string_agg(DISTINCT format('%I', split_part(one, '.', 1)), ', ') FROM unnest(personal || '{salt}') AS one
        );
        broken bigint;
        link ledgers_link;
        said ledgers_statement;
        last bytea := '';
    BEGIN
        EXECUTE format(
            'SELECT min(number) FROM (
                SELECT link.number, said.personal, one.*, line.id AS stands, line.salt,
                       ledgers_json(line) - ledgers_without(ledgers_columns(%1$L), said.columns) AS line,
                       EXISTS (SELECT FROM ledgers_erasure AS gone WHERE gone.ledger = %1$L AND gone.row_id = line.id) AS is_erased
                FROM ledgers_link AS link JOIN ledgers_statement AS said ON said.id = link.statement_id
                CROSS JOIN unnest(said.ids, said.digests, said.sealed) AS one (id, digest, seal)
                LEFT JOIN %1$I AS line ON line.id = one.id
                WHERE said.ledger = %1$L
             ) AS one
             WHERE CASE WHEN one.seal IS NOT NULL AND one.salt IS NULL
                THEN NOT one.is_erased
                    OR one.digest IS DISTINCT FROM sha256(convert_to(ledgers_rest(one.line, one.personal)::text, ''UTF8''))
                ELSE coalesce(one.seal, one.digest) IS DISTINCT FROM sha256(convert_to(one.line::text, ''UTF8''))
             END', ledger
        ) INTO broken;
        IF broken IS NULL THEN
            SELECT min(one.number) INTO broken FROM (
                SELECT number, hash, previous, statement_id, lag(hash, 1, '') OVER (ORDER BY number) AS before
                FROM ledgers_link
            ) AS one LEFT JOIN ledgers_statement AS stands ON stands.id = one.statement_id
            WHERE one.previous <> one.before OR one.hash IS DISTINCT FROM ledgers_hash(one.number, one.previous, stands);
        END IF;
        IF broken IS NULL THEN
            SELECT min(seen.number) INTO broken FROM ledgers_check AS seen
            LEFT JOIN ledgers_link AS stands ON stands.number = seen.number WHERE stands.hash IS DISTINCT FROM seen.hash;
        END IF;
        IF broken IS NOT NULL THEN
            RAISE EXCEPTION 'Led nr. % er ikke, som det blev skrevet. Kør verify_audit, før kæden laves om.', broken;
        END IF;
        EXECUTE format(
            'UPDATE %1$I AS line SET (%2$s) = (
                SELECT %2$s FROM jsonb_populate_record(line, ledgers_emptied(ledgers_json(line), $1))
             ) WHERE line.salt IS NULL', ledger, emptied
        ) USING personal;
        -- a table is not altered while a row of it is to be checked at the commit
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
        ALTER TABLE ledgers_statement DISABLE TRIGGER USER;
        ALTER TABLE ledgers_link DISABLE TRIGGER USER;
        ALTER TABLE ledgers_check DISABLE TRIGGER USER;
        EXECUTE format(
            'UPDATE ledgers_statement AS stands
             SET personal = $1, columns = made.columns, digests = made.digests, sealed = made.sealed
             FROM (
                 SELECT one.id, one.columns,
                        array_agg(sha256(convert_to(ledgers_rest(one.line, $1)::text, ''UTF8'')) ORDER BY row_id) AS digests,
                        array_agg(sha256(convert_to(one.line::text, ''UTF8'')) ORDER BY row_id) AS sealed
                 FROM (
                     SELECT said.id, said.columns, line.id AS row_id,
                            ledgers_json(line) - ledgers_without(ledgers_columns(%1$L), said.columns) AS line
                     FROM (
                         SELECT id, ids, (
                             SELECT array_agg(DISTINCT one ORDER BY one) FROM unnest(columns || ''{salt}'') AS one
                         ) AS columns
                         FROM ledgers_statement WHERE ledger = %1$L
                     ) AS said
                     CROSS JOIN unnest(said.ids) AS row (id) JOIN %1$I AS line ON line.id = row.id
                 ) AS one GROUP BY one.id, one.columns
             ) AS made WHERE made.id = stands.id', ledger
        ) USING personal;
        FOR link IN SELECT * FROM ledgers_link ORDER BY number LOOP
            SELECT * INTO STRICT said FROM ledgers_statement WHERE id = link.statement_id;
            UPDATE ledgers_link SET previous = last, hash = ledgers_hash(link.number, last, said)
            WHERE number = link.number RETURNING hash INTO last;
        END LOOP;
        UPDATE ledgers_check AS seen SET hash = stands.hash FROM ledgers_link AS stands WHERE stands.number = seen.number;
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
        ALTER TABLE ledgers_statement ENABLE TRIGGER USER;
        ALTER TABLE ledgers_link ENABLE TRIGGER USER;
        ALTER TABLE ledgers_check ENABLE TRIGGER USER;
    END
    $$;
"""
_SIDES = [
    f"{side}.{name}"
    for side in ("before", "after")
    for name in (
        "personnel_contact",
        "personnel_phone",
        "signed_by",
        "source",
        "support_email",
        "text",
        "title",
        "words",
    )
]


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0003_sealed"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="chained",
        ),
        migrations.AlterField(
            model_name="check",
            name="at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="hvornår"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{before.personnel_contact,before.personnel_phone,before.signed_by,before.source,before.support_email,before.text,before.title,before.words,after.personnel_contact,after.personnel_phone,after.signed_by,after.source,after.support_email,after.text,after.title,after.words}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="4260baa2f9751f9623be970ff0bd8ea963486991",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0e1b1",
                    table="ledgers_change",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{before.personnel_contact,before.personnel_phone,before.signed_by,before.source,before.support_email,before.text,before.title,before.words,after.personnel_contact,after.personnel_phone,after.signed_by,after.source,after.support_email,after.text,after.title,after.words}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to((((line.said) - '{salt,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.said) -> 'before') WHEN 'object' THEN ((line.said) -> 'before') - '{personnel_contact,personnel_phone,signed_by,source,support_email,text,title,words}'::text[] ELSE (line.said) -> 'before' END, 'after', CASE jsonb_typeof((line.said) -> 'after') WHEN 'object' THEN ((line.said) -> 'after') - '{personnel_contact,personnel_phone,signed_by,source,support_email,text,title,words}'::text[] ELSE (line.said) -> 'after' END))::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="07b0bd0c6bc3328a46d803d7dc7a1e1146132f51",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_3bb7b",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledgers_change",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="check",
            trigger=pgtrigger.compiler.Trigger(
                name="at_its_time",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.at := clock_timestamp(); RETURN NEW;",
                    hash="3152e9b7d5a4f083ef4a8d2c104a3fa5216ecc9a",
                    operation="INSERT",
                    pgid="pgtrigger_at_its_time_2e779",
                    table="ledgers_check",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(FUNCTIONS),
        migrations.RunSQL(f"SELECT ledgers_seal('ledgers_change', '{{{','.join(_SIDES)}}}')"),
    ]
