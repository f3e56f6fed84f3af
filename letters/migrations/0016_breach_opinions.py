"""The opinion of the data protection officer, and whether the people affected are told."""

import django.contrib.postgres.functions
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0015_deadline_extension"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InformationDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(max_length=120, verbose_name="emneområde")),
                ("is_told", models.BooleanField(verbose_name="får besked")),
                ("reason", models.TextField(verbose_name="begrundelse")),
                ("text", models.TextField(blank=True, verbose_name="beskeden")),
                ("told_on", models.DateField(blank=True, null=True, verbose_name="besked sendt")),
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
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="information_decisions",
                        to="letters.breachreport",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="BreachOpinion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="udtalelse")),
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
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="opinions", to="letters.breachreport"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="opinion_has_text",
                        violation_error_message="Skriv udtalelsen.",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="breachopinion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{text}')\n    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\nTHEN\n    RETURN NEW;\nEND IF;\nRAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="286d5730795f707a5232aa42f4c38e746e08b019",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_19be0",
                    table="letters_breachopinion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="breachopinion",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="d10871f4cfe7f9a09891d01c5812097e7496e30d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_df467",
                    table="letters_breachopinion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="breachopinion",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n    USING ERRCODE = 'integrity_constraint_violation';\nEND IF;\nINSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)\nSELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{text}',\n       array_agg(line.id ORDER BY line.id),\n       array_agg(sha256(convert_to(((line.content) - '{salt,text}'::text[])::text, 'UTF8')) ORDER BY line.id),\n       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\nFROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;\nRETURN NULL;",
                    hash="261837647c65cdefee4303b15654516dac6be00a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_a3c4e",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_breachopinion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="informationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="information_has_reason",
                violation_error_message="Skriv begrundelsen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="informationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_told", True), models.Q(("text", ""), _negated=True)),
                    models.Q(("is_told", False), ("text", ""), ("told_on", None)),
                    ("salt", None),
                    _connector="OR",
                ),
                name="information_says_what",
                violation_error_message="Skriv, hvad modtagerne får at vide.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="informationdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{reason,text}')\n    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\nTHEN\n    RETURN NEW;\nEND IF;\nRAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="9838881ca1f50f85d49fc1ffcaab7a5b20cafcf5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_749d5",
                    table="letters_informationdecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="informationdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="05c30ed421ae9b6ad653134b8526d41408b7d862",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_d200b",
                    table="letters_informationdecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="informationdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n    USING ERRCODE = 'integrity_constraint_violation';\nEND IF;\nINSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)\nSELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{reason,text}',\n       array_agg(line.id ORDER BY line.id),\n       array_agg(sha256(convert_to(((line.content) - '{salt,reason,text}'::text[])::text, 'UTF8')) ORDER BY line.id),\n       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\nFROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;\nRETURN NULL;",
                    hash="5607c94adc8b67602da9b05a57142e8d83157235",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_cfe48",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_informationdecision",
                    when="AFTER",
                ),
            ),
        ),
    ]
