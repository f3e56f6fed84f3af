"""What is personal in what was done about mails is sealed."""

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0003_sealed"),
        ("notifications", "0022_history_alarm"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="mending",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="mending",
            name="chained",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sendingchange",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sendingchange",
            name="chained",
        ),
        migrations.AddField(
            model_name="mending",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        migrations.AddField(
            model_name="sendingchange",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mending",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{told,note}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="dd5bf808a08874ed717a31f31296011d428fe79c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a58f6",
                    table="notifications_mending",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mending",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{told,note}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,told,note}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="fa734fba961bed36ed40d7dad82ce1941591ee05",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_bcf2c",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_mending",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sendingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{reason}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="2f13dafdb57361b5ac252cc5a10b0889ff837983",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_568c3",
                    table="notifications_sendingchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sendingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{reason}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,reason}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="73e0c73ab6c28aa394c78f68780ec6ab116a29f6",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_89f28",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_sendingchange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL("SELECT ledgers_seal('notifications_mending', '{told,note}')", ""),
        migrations.RunSQL("SELECT ledgers_seal('notifications_sendingchange', '{reason}')", ""),
    ]
