"""A later deadline for a unit or a letter, with a reason."""

import django.contrib.postgres.functions
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("letters", "0014_note_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeadlineExtension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("deadline", models.DateField(verbose_name="frist")),
                ("reason", models.TextField(verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "salt",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        null=True,
                        verbose_name="salt",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deadline_extensions",
                        to="letters.incident",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="letters.letter",
                        verbose_name="brev",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="extension_has_reason",
                        violation_error_message="Skriv, hvorfor fristen forlænges.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit", None), ("letter", None), _connector="XOR"),
                        name="extension_of_unit_or_letter",
                        violation_error_message="En frist forlænges for en enhed eller for et brev.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlineextension",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{reason}')\n    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\nTHEN\n    RETURN NEW;\nEND IF;\nRAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="0c7a2c8b0e6b6a4d9325dc84b197e6daa370fff6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_121a3",
                    table="letters_deadlineextension",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlineextension",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="46c1111d8da0e2ecdfec1752c480d0736b0078da",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_39f96",
                    table="letters_deadlineextension",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlineextension",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n    USING ERRCODE = 'integrity_constraint_violation';\nEND IF;\nINSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)\nSELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{reason}',\n       array_agg(line.id ORDER BY line.id),\n       array_agg(sha256(convert_to(((line.content) - '{salt,reason}'::text[])::text, 'UTF8')) ORDER BY line.id),\n       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\nFROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;\nRETURN NULL;",
                    hash="eba367fc400868a71f5914a1084a1d982ac0bac0",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_93bc8",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_deadlineextension",
                    when="AFTER",
                ),
            ),
        ),
    ]
