"""What Koncern IT has told of statuses that nobody knew."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0005_silence_closed_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptStatus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="status")),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("delivered", "Brevet er kommet frem"),
                            ("failed", "Brevet kommer ikke frem"),
                            ("on_the_way", "Brevet er stadig på vej"),
                        ],
                        max_length=10,
                        verbose_name="hvad betyder det?",
                    ),
                ),
                ("told_at", models.DateTimeField(verbose_name="fortalt")),
            ],
            options={
                "verbose_name": "status",
                "verbose_name_plural": "statusser",
                "ordering": ["name"],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="receipt",
            name="matched_once",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="receipt",
            name="only_matched",
        ),
        migrations.AddIndex(
            model_name="letterdispatch",
            index=models.Index(condition=models.Q(("alarm__isnull", False)), fields=["alarm"], name="dispatch_listed"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="only_matched",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."error" IS DISTINCT FROM (NEW."error") OR OLD."fingerprint" IS DISTINCT FROM (NEW."fingerprint") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."mail_id" IS DISTINCT FROM (NEW."mail_id") OR OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."message_uuid" IS DISTINCT FROM (NEW."message_uuid") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."shipment_id" IS DISTINCT FROM (NEW."shipment_id") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."transmission_id" IS DISTINCT FROM (NEW."transmission_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8b66b5ea48e74fd8f40fb5a532360ac9d2c90d56",
                    operation="UPDATE",
                    pgid="pgtrigger_only_matched_8d2a8",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="matched_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."dispatch_id" IS DISTINCT FROM (NEW."dispatch_id") AND OLD."dispatch_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="db261a756598a7ace1dd9bcd456819a1eb0c100f",
                    operation="UPDATE",
                    pgid="pgtrigger_matched_once_4e883",
                    table="letters_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="receiptstatus",
            name="told_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="fortalt af",
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptstatus",
            constraint=models.CheckConstraint(
                condition=models.Q(("meaning__in", ["delivered", "failed", "on_the_way"])),
                name="receipt_status_meaning_known",
                violation_error_message="Den betydning findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptstatus",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="receipt_status_once",
                violation_error_message="Statussen har en betydning.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receiptstatus",
            trigger=pgtrigger.compiler.Trigger(
                name="record_inserts",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT made.id, '{}'::jsonb, audit_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="7d2d163c6a62093fa6b3b912fc04a254be786767",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_record_inserts_caafa",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="letters_receiptstatus",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receiptstatus",
            trigger=pgtrigger.compiler.Trigger(
                name="record_updates",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE audit_json(was) END,\n           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE audit_json(became) END\n    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="9d3da3690f537c866a82137c9ade3a557a68c215",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_record_updates_bd1ff",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="letters_receiptstatus",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receiptstatus",
            trigger=pgtrigger.compiler.Trigger(
                name="record_deletes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT gone.id, audit_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="42d7195fb5c35ea42a597cb43d009c223b13c620",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_record_deletes_0b02b",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="letters_receiptstatus",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receiptstatus",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="98e5c237e6a1c72b8425b112fe96356b8ded5c4e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_78216",
                    table="letters_receiptstatus",
                    when="BEFORE",
                ),
            ),
        ),
    ]
