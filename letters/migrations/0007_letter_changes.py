"""What becomes of a letter after it came in has a ledger; a list may wait for answers, and be undone."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0006_recipient_kind_known"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CHANGED", "rettet af en liste"),
                            ("WITHDRAWN", "trukket tilbage"),
                            ("REINSTATED", "taget op igen"),
                            ("ASSIGNED", "fået en ansvarlig"),
                            ("RECLASSIFIED", "fået et andet emneområde"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("before", models.JSONField(default=dict, verbose_name="før")),
                ("after", models.JSONField(default=dict, verbose_name="efter")),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "ændring af brev",
                "verbose_name_plural": "ændringer af breve",
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="importbatch",
            name="batch_committed_has_time",
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="status",
            field=models.CharField(
                choices=[
                    ("UPLOADED", "venter på at blive læst"),
                    ("READING", "bliver læst"),
                    ("ASKING", "venter på, at kolonnerne bliver bekræftet"),
                    ("CHECKED", "klar til at blive indlæst"),
                    ("COMMITTING", "bliver indlæst"),
                    ("COMMITTED", "indlæst"),
                    ("FAILED", "kunne ikke læses"),
                    ("DISCARDED", "kasseret"),
                    ("UNDONE", "fortrudt"),
                ],
                default="UPLOADED",
                max_length=20,
                verbose_name="status",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("committed_at__isnull", False), ("status__in", ["COMMITTED", "UNDONE"])),
                    models.Q(
                        models.Q(("status__in", ["COMMITTED", "UNDONE"]), _negated=True), ("committed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="batch_committed_has_time",
                violation_error_message="En indlæst liste skal have et tidspunkt.",
            ),
        ),
        migrations.AddField(
            model_name="letterchange",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="letters.importbatch",
            ),
        ),
        migrations.AddField(
            model_name="letterchange",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="letterchange",
            name="letter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="letters.letter"
            ),
        ),
        migrations.AddConstraint(
            model_name="letterchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["CHANGED", "WITHDRAWN", "REINSTATED", "ASSIGNED", "RECLASSIFIED"])),
                name="letter_change_kind_known",
                violation_error_message="Den slags ændring findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "WITHDRAWN"), ("reason", ""), _negated=True),
                name="letter_withdrawn_for_a_reason",
                violation_error_message="Skriv, hvorfor brevet trækkes tilbage.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="letterchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="458dd2700e8d5cce9d21d22a54ac870cd979b4ee",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a8327",
                    table="letters_letterchange",
                    when="BEFORE",
                ),
            ),
        ),
    ]
