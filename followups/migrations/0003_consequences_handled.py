"""What was done about the consequences stands on the follow-up, once, with by whom and when."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0002_chained"),
        ("letters", "0001_squashed_0023_who_said_personnel_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
        ),
        migrations.RemoveField(
            model_name="consequence",
            name="handled_at",
        ),
        migrations.AddField(
            model_name="followup",
            name="handled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taget hånd om"),
        ),
        migrations.AddField(
            model_name="followup",
            name="handled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="taget hånd om af",
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="handled_text",
            field=models.TextField(blank=True, verbose_name="hvad der er gjort"),
        ),
        migrations.AlterField(
            model_name="decision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DECIDED", "besluttede"),
                    ("UNDONE", "fortrød beslutningen"),
                    ("DONE", "skrev, at brevet er sendt"),
                    ("HANDLED", "skrev om følgerne"),
                    ("CONFIRMED", "bekræftede"),
                    ("HELP_ASKED", "bad om hjælp"),
                    ("HELP_ANSWERED", "svarede"),
                ],
                max_length=20,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="followup",
            trigger=pgtrigger.compiler.Trigger(
                name="closed_with_review",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"handled_at\" IS NULL AND NEW.\"status\" = 'CONFIRMED' AND NEW.\"consequence_review\" IN ('FOUND', 'UNKNOWN') AND NOT (OLD.\"status\" = 'CONFIRMED'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c94a12f8a3332da4a9916afc716d389057386c00",
                    operation="UPDATE",
                    pgid="pgtrigger_closed_with_review_10eee",
                    table="followups_followup",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["DECIDED", "UNDONE", "DONE", "HANDLED", "CONFIRMED", "HELP_ASKED", "HELP_ANSWERED"])
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handled_at", None), ("handled_by", None), ("handled_text", "")),
                    models.Q(
                        ("consequence_review__in", ["FOUND", "UNKNOWN"]),
                        ("handled_at__isnull", False),
                        ("handled_by__isnull", False),
                        models.Q(("handled_text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="followup_handled_by_somebody",
                violation_error_message="Skriv, hvad der er gjort ved følgerne, men kun når der kan være nogen.",
            ),
        ),
    ]
