"""What is personal in a ledger is sealed, and can be erased; the chain is made anew where something was personal."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

#: What is personal in a row («column» or «column.key») is sealed with its salt, and can be emptied.
FUNCTIONS = """
    CREATE OR REPLACE FUNCTION ledgers_hash(number bigint, previous bytea, said ledgers_statement) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
        SELECT sha256(
            previous
            || convert_to((CASE WHEN said.personal = '{}'
                THEN jsonb_build_array(number, said.id, said.ledger, said.columns, said.at)
                ELSE jsonb_build_array(number, said.id, said.ledger, said.columns, said.personal, said.at)
            END)::text, 'UTF8')
            || array_send(said.ids) || array_send(said.digests)
            || CASE WHEN said.personal = '{}' THEN '' ELSE array_send(said.sealed) END
        )
    $$;
    CREATE FUNCTION ledgers_emptied(line jsonb, personal text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
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
    CREATE FUNCTION ledgers_empty(ledger text, personal text[], ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        emptied text := (
            SELECT string_agg(DISTINCT format('%I', split_part(one, '.', 1)), ', ') FROM unnest(personal || '{salt}') AS one
        );
        found bigint;
    BEGIN
        EXECUTE format(
            'UPDATE %1$I AS line SET (%2$s) = (
                SELECT %2$s FROM jsonb_populate_record(line, ledgers_emptied(ledgers_json(line), $1))
             ) WHERE line.id = ANY($2) AND line.salt IS NOT NULL', ledger, emptied
        ) USING personal, ids;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found <> cardinality(ids) THEN
            RAISE EXCEPTION 'Kun % af % rækker i % kan tømmes.', found, cardinality(ids), ledger;
        END IF;
    END
    $$;
    CREATE FUNCTION ledgers_seal(ledger text, personal text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        broken bigint;
        link ledgers_link;
        said ledgers_statement;
        last bytea := '';
    BEGIN
        EXECUTE format(
            'SELECT min(link.number) FROM ledgers_link AS link JOIN ledgers_statement AS said ON said.id = link.statement_id
             CROSS JOIN unnest(said.ids, said.digests, said.sealed) AS one (id, digest, seal)
             LEFT JOIN %1$I AS line ON line.id = one.id
             WHERE said.ledger = %1$L AND coalesce(one.seal, one.digest) IS DISTINCT FROM
                 ledgers_digest(line, ledgers_without(ledgers_columns(%1$L), said.columns))', ledger
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
                 SELECT one.id, one.columns, array_agg(sha256(convert_to((one.line - ''salt'' %2$s)::text, ''UTF8'')) ORDER BY row_id) AS digests,
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
             ) AS made WHERE made.id = stands.id',
            ledger, (SELECT string_agg(format('#- %L', string_to_array(path, '.')), ' ') FROM unnest(personal) AS path)
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


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0002_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=63, verbose_name="tabel")),
                ("row_id", models.BigIntegerField(verbose_name="række")),
                (
                    "personal",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), verbose_name="hvad"),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="begrundelse")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="af")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="hvornår")),
            ],
            options={
                "verbose_name": "sletning",
                "verbose_name_plural": "sletninger",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="chained",
        ),
        migrations.AddField(
            model_name="change",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="personal",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=[], verbose_name="personligt"
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="sealed",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BinaryField(), null=True, verbose_name="rækkernes aftryk med det personlige"
            ),
        ),
        migrations.RunSQL(FUNCTIONS),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{before.personnel_contact,before.personnel_phone,before.signed_by,before.support_email,after.personnel_contact,after.personnel_phone,after.signed_by,after.support_email}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="648db35620486f5ef10da71e946e12a48acf3823",
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
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{before.personnel_contact,before.personnel_phone,before.signed_by,before.support_email,after.personnel_contact,after.personnel_phone,after.signed_by,after.support_email}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to((((line.said) - '{salt,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.said) -> 'before') WHEN 'object' THEN ((line.said) -> 'before') - '{personnel_contact,personnel_phone,signed_by,support_email}'::text[] ELSE (line.said) -> 'before' END, 'after', CASE jsonb_typeof((line.said) -> 'after') WHEN 'object' THEN ((line.said) -> 'after') - '{personnel_contact,personnel_phone,signed_by,support_email}'::text[] ELSE (line.said) -> 'after' END))::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="2efc6a96b01f4929efd19f44222807056a6195ed",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_3bb7b",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledgers_change",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                fields=("ledger", "row_id"),
                name="erasure_once",
                violation_error_message="Det personlige i rækken er allerede slettet.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="erasure_has_reason",
                violation_error_message="Skriv, hvorfor det slettes.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="898f284f1d8e4dae1104401b82cd05365f4bf494",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f08db",
                    table="ledgers_erasure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="46926138a73fd37ba92741f5336998e69d9c5a6a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_e86ad",
                    table="ledgers_erasure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="2f7ecab80f5fcdebf910751e4b265726099e6489",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_60053",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledgers_erasure",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="erases",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    PERFORM ledgers_empty(one.ledger, one.personal, one.ids)\n                    FROM (SELECT ledger, personal, array_agg(row_id) AS ids FROM written GROUP BY 1, 2) AS one;\n                    RETURN NULL;\n                ",
                    hash="8ae5f7c37a922e9a843b80cd8c15c61ef49f9d25",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_erases_97548",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledgers_erasure",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(
            "SELECT ledgers_seal('ledgers_change', '{before.personnel_contact,before.personnel_phone,before.signed_by,before.support_email,after.personnel_contact,after.personnel_phone,after.signed_by,after.support_email}')",
            "",
        ),
    ]
