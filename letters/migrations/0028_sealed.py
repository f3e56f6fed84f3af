"""What is personal in the ledgers of letters and deadlines is sealed."""

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0003_sealed"),
        ("letters", "0027_told_whole"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="deadlinechange",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="deadlinechange",
            name="chained",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="letterchange",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="letterchange",
            name="chained",
        ),
        migrations.AddField(
            model_name="deadlinechange",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        migrations.AddField(
            model_name="letterchange",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlinechange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{reason}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="9c841f23d7d59457fe70053b3b23c05aab5b617e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_37425",
                    table="letters_deadlinechange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlinechange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{reason}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,reason}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="624321fbdcd244dd6e20c805504ced5143354d31",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_24ed3",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_deadlinechange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="letterchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{reason,before.subject,before.sender_name,before.leader_name,before.recipient_key,after.subject,after.sender_name,after.leader_name,after.recipient_key}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="64ab824f544a34a9fb91fe22b9a539a3f7334f4b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a8327",
                    table="letters_letterchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="letterchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{reason,before.subject,before.sender_name,before.leader_name,before.recipient_key,after.subject,after.sender_name,after.leader_name,after.recipient_key}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to((((line.said) - '{salt,reason,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.said) -> 'before') WHEN 'object' THEN ((line.said) -> 'before') - '{subject,sender_name,leader_name,recipient_key}'::text[] ELSE (line.said) -> 'before' END, 'after', CASE jsonb_typeof((line.said) -> 'after') WHEN 'object' THEN ((line.said) -> 'after') - '{subject,sender_name,leader_name,recipient_key}'::text[] ELSE (line.said) -> 'after' END))::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="b64dba1cdb772ce610341f0ef8a5dbb54e0008e4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_e9c33",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_letterchange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(
            "SELECT ledgers_seal('letters_letterchange', '{reason,before.subject,before.sender_name,before.leader_name,before.recipient_key,after.subject,after.sender_name,after.leader_name,after.recipient_key}')",
            "",
        ),
        migrations.RunSQL("SELECT ledgers_seal('letters_deadlinechange', '{reason}')", ""),
    ]
