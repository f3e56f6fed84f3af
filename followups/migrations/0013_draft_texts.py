"""What KIT writes for senders to send to the recipients, with its versions."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0012_arrivals"),
        ("letters", "0025_chained"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DraftText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(max_length=40, verbose_name="emneområde")),
                (
                    "way",
                    models.CharField(
                        choices=[("RESEND", "det samme brev igen"), ("NEW_LETTER", "et nyt brev")],
                        max_length=20,
                        verbose_name="hvad der sendes",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("body", models.TextField(blank=True, verbose_name="tekst")),
                ("is_reset", models.BooleanField(default=False, verbose_name="tilbage til standardteksten")),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="skrevet")),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="draft_texts", to="letters.incident"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="skrevet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "udkast",
                "verbose_name_plural": "udkast",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "category", "way", "version"),
                        name="draft_text_version_once",
                        violation_error_message="En anden har gemt udkastet imens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="draft_text_counts_from_one",
                        violation_error_message="Den første version af et udkast er 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("body", ""), ("is_reset", True)),
                            models.Q(("is_reset", False), models.Q(("body", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="draft_text_says_something",
                        violation_error_message="Skriv en tekst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("way__in", ["RESEND", "NEW_LETTER"]), models.Q(("category", ""), _negated=True)
                        ),
                        name="draft_text_way_known",
                        violation_error_message="Et udkast hører til et emneområde og til det samme brev eller et nyt.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drafttext",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="84fd86ddb07760f10a2ba6ac87a4e23554536e76",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_17130",
                    table="followups_drafttext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drafttext",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="3fbf8c97bc6b79d9208f853547bc2832680c04a2",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_f5b25",
                    table="followups_drafttext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drafttext",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="ff97ba942960d181d6d1638caaf94831fe56e74a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_d4aac",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_drafttext",
                    when="AFTER",
                ),
            ),
        ),
    ]
