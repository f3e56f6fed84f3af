"""The chain through the ledgers, the ledger of tables that have none, and the functions of their triggers."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

#: A digest does not depend on the time zone of the session. ``besides``: columns that came after the row.
FUNCTIONS = """
    CREATE FUNCTION ledgers_columns(ledger regclass) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
        WHERE attrelid = ledger AND attnum > 0 AND NOT attisdropped
    $$;
    CREATE FUNCTION ledgers_without(columns text[], covered text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(one), '{}') FROM unnest(columns) AS one WHERE one <> ALL(covered)
    $$;
    CREATE FUNCTION ledgers_digest(line anyelement, besides text[] DEFAULT '{}') RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
        SELECT sha256(convert_to((to_jsonb(line) - besides)::text, 'UTF8'))
    $$;
    CREATE FUNCTION ledgers_hash(number bigint, previous bytea, said ledgers_statement) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
        SELECT sha256(
            previous
            || convert_to(jsonb_build_array(number, said.id, said.ledger, said.columns, said.at)::text, 'UTF8')
            || array_send(said.ids) || array_send(said.digests)
        )
    $$;
    CREATE FUNCTION ledgers_json(line anyelement) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE SET TimeZone = 'UTC' AS $$
        SELECT to_jsonb(line)
    $$;
    CREATE FUNCTION ledgers_differing(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(one) WHERE other -> key IS DISTINCT FROM value
    $$;
    CREATE FUNCTION ledgers_begin(ledger regclass) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)
             SELECT %1$L, ledgers_columns(%1$L), array_agg(line.id ORDER BY line.id),
                    array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()
             FROM %1$s AS line HAVING count(*) > 0', ledger
        );
    END
    $$;
"""
NO_FUNCTIONS = """
    DROP FUNCTION ledgers_begin, ledgers_differing, ledgers_json, ledgers_hash, ledgers_digest, ledgers_without, ledgers_columns
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=63, verbose_name="tabel")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), verbose_name="kolonner"),
                ),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), verbose_name="rækker"
                    ),
                ),
                (
                    "digests",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BinaryField(), verbose_name="rækkernes aftryk"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="skrevet")),
            ],
            options={
                "verbose_name": "sæt af rækker",
                "verbose_name_plural": "sæt af rækker",
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="nummer")),
                ("previous", models.BinaryField(verbose_name="aftryk af leddet før")),
                ("hash", models.BinaryField(verbose_name="aftryk")),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="link", to="ledgers.statement"
                    ),
                ),
            ],
            options={
                "verbose_name": "led",
                "verbose_name_plural": "led",
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledgers.statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "tur",
                "verbose_name_plural": "ture",
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(max_length=63, verbose_name="tabel")),
                ("row_id", models.BigIntegerField(verbose_name="række")),
                ("before", models.JSONField(default=dict, verbose_name="før")),
                ("after", models.JSONField(default=dict, verbose_name="efter")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="af")),
                ("login", models.CharField(max_length=63, verbose_name="forbundet som")),
                ("at", models.DateTimeField(verbose_name="hvornår")),
            ],
            options={
                "verbose_name": "ændring",
                "verbose_name_plural": "ændringer",
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        pgtrigger.migrations.AddTrigger(
            model_name="statement",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="e93f4602dd8acda3dee73fb73de6e080fb38f656",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_866c9",
                    table="ledgers_statement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statement",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="ecc49fb1f807ba0158cf14774512bee4d7e2ad6e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_0ace4",
                    table="ledgers_statement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statement",
            trigger=pgtrigger.compiler.Trigger(
                name="takes_turn",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="INSERT INTO ledgers_turn (statement_id) VALUES (NEW.id); RETURN NULL;",
                    hash="a0250f4064475147deacd0b363a3e4f0ce9c4931",
                    operation="INSERT",
                    pgid="pgtrigger_takes_turn_03685",
                    table="ledgers_statement",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="turn",
            trigger=pgtrigger.compiler.Trigger(
                name="linked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n        INSERT INTO ledgers_link (statement_id) VALUES (NEW.statement_id);\n        DELETE FROM ledgers_turn WHERE statement_id = NEW.statement_id;\n        RETURN NULL;\n    ",
                    hash="6206118a7602c33c798d91766bf0d442a735624f",
                    operation="INSERT",
                    pgid="pgtrigger_linked_64942",
                    table="ledgers_turn",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="601cca2413934adf029841efa3a911f771737567",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1158a",
                    table="ledgers_link",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="59af38f4e1984396c4c5fbf1aef6d19e5e0ac4e0",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_f3032",
                    table="ledgers_link",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="next_in_line",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE head ledgers_link%ROWTYPE; said ledgers_statement%ROWTYPE;",
                    func="\n                    PERFORM pg_advisory_xact_lock(20191210);\n                    SELECT * INTO head FROM ledgers_link ORDER BY number DESC LIMIT 1;\n                    SELECT * INTO STRICT said FROM ledgers_statement WHERE id = NEW.statement_id;\n                    NEW.number := coalesce(head.number, 0) + 1;\n                    NEW.previous := coalesce(head.hash, '');\n                    NEW.hash := ledgers_hash(NEW.number, NEW.previous, said);\n                    RETURN NEW;\n                ",
                    hash="e3f68a7fd9a75935e43757c675466fb2e978286f",
                    operation="INSERT",
                    pgid="pgtrigger_next_in_line_1bd5e",
                    table="ledgers_link",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ed2b13e72bc471fcf47529ccf0e22a8a22a2a9fe",
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
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="f302a3cf699f2571181762b766c22d007c13734a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_0e359",
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
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="f05f7ef3c15336cfc3b90e47a588f3541051c497",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_3bb7b",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledgers_change",
                    when="AFTER",
                ),
            ),
        ),
    ]
