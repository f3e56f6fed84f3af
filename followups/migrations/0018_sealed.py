"""What is personal in decisions, questions and proofs is sealed."""

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0003_sealed"),
        ("followups", "0017_standard_answer_version"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="arrival",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="arrival",
            name="chained",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="decision",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="decision",
            name="chained",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="escalationentry",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="escalationentry",
            name="chained",
        ),
        migrations.AddField(
            model_name="arrival",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        migrations.AddField(
            model_name="escalationentry",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{text,file_name}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="757d6c07563e8948a8504d7a493f1714035aa4f1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e0b01",
                    table="followups_arrival",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrival",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{text,file_name}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,text,file_name}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="f9bcc17ced28347d9d970303c928a4d84d1b5a63",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_65ae6",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_arrival",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{answers.question,answers.answer,answers.reason,answers.consequence_text,answers.no_dispatch_reason,answers.handled_text,answers.record_number,answers.no_record_reason,answers.note,before.no_dispatch_reason,before.handled_text,before.record_number,before.no_record_reason,before.note}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="f6940739c34e4291e7669686a7437851e1199905",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6c1c6",
                    table="followups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{answers.question,answers.answer,answers.reason,answers.consequence_text,answers.no_dispatch_reason,answers.handled_text,answers.record_number,answers.no_record_reason,answers.note,before.no_dispatch_reason,before.handled_text,before.record_number,before.no_record_reason,before.note}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to((((line.said) - '{salt,answers,before}'::text[]) || jsonb_build_object('answers', CASE jsonb_typeof((line.said) -> 'answers') WHEN 'object' THEN ((line.said) -> 'answers') - '{question,answer,reason,consequence_text,no_dispatch_reason,handled_text,record_number,no_record_reason,note}'::text[] ELSE (line.said) -> 'answers' END, 'before', CASE jsonb_typeof((line.said) -> 'before') WHEN 'object' THEN ((line.said) -> 'before') - '{no_dispatch_reason,handled_text,record_number,no_record_reason,note}'::text[] ELSE (line.said) -> 'before' END))::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="b72a06355731645ea40ff17847db814471ecb5e0",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_a3cc5",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_decision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalationentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{text}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="55166dc2566428e2ea4e1bed5efef07478503d68",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_91fd4",
                    table="followups_escalationentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalationentry",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{text}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,text}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="3da87cecfc761abc162e56ac4f53c4b4197b038e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_0b823",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_escalationentry",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(
            "SELECT ledgers_seal('followups_decision', '{answers.question,answers.answer,answers.reason,answers.consequence_text,answers.no_dispatch_reason,answers.handled_text,answers.record_number,answers.no_record_reason,answers.note,before.no_dispatch_reason,before.handled_text,before.record_number,before.no_record_reason,before.note}')",
            "",
        ),
        migrations.RunSQL("SELECT ledgers_seal('followups_escalationentry', '{text}')", ""),
        migrations.RunSQL("SELECT ledgers_seal('followups_arrival', '{text,file_name}')", ""),
    ]
