"""A desk's question changes hands, is answered or asked back, and each act with it leaves an entry."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

#: of what was answered so far: when, as its entries tell
ANSWERED = """
    UPDATE followups_escalation escalation
    SET answered_at = coalesce(
        (SELECT max(at) FROM followups_escalationentry WHERE escalation_id = escalation.id AND kind = 'ANSWER'),
        resolved_at
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0005_record_or_reason"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="escalation",
            name="escalation_desk_known",
        ),
        migrations.RemoveConstraint(
            model_name="escalationentry",
            name="entry_has_text",
        ),
        migrations.AddField(
            model_name="escalation",
            name="answered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="svaret"),
        ),
        migrations.RunSQL(ANSWERED, ""),
        migrations.AddField(
            model_name="escalation",
            name="is_with_asker",
            field=models.BooleanField(db_default=False, default=False, verbose_name="venter på spørgeren"),
        ),
        migrations.AddField(
            model_name="escalationentry",
            name="desk",
            field=models.CharField(
                blank=True,
                choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                db_default="",
                max_length=10,
                verbose_name="sendt videre til",
            ),
        ),
        migrations.AddField(
            model_name="escalationentry",
            name="given_to",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="givet til",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="desk",
            field=models.CharField(
                choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                max_length=10,
                verbose_name="hvem spørges",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="waiting_since",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="venter siden"),
        ),
        migrations.AlterField(
            model_name="escalationentry",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="escalationentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("QUESTION", "spørgsmål"),
                    ("ANSWER", "svar"),
                    ("NOTE", "intern note"),
                    ("TAKEN", "taget"),
                    ("RELEASED", "sluppet"),
                    ("HANDED", "givet til en kollega"),
                    ("MOVED", "sendt videre"),
                    ("CLOSED", "lukket"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="escalationentry",
            name="text",
            field=models.TextField(blank=True, verbose_name="tekst"),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(("desk__in", ["DIT", "HR", "KIT"])),
                name="escalation_desk_known",
                violation_error_message="Der kan kun spørges hos DIT, Personalejura og Forhandling og Koncern IT.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_with_asker", False),
                    models.Q(("answered_at__isnull", False), ("resolved_at", None)),
                    _connector="OR",
                ),
                name="escalation_with_asker_is_asked",
                violation_error_message="Spørg, før sagen venter på spørgeren.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["QUESTION", "ANSWER", "NOTE", "TAKEN", "RELEASED", "HANDED", "MOVED", "CLOSED"])
                ),
                name="entry_kind_known",
                violation_error_message="Den slags linje findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text", ""), _negated=True),
                    models.Q(("kind__in", ["QUESTION", "ANSWER", "NOTE"]), _negated=True),
                    _connector="OR",
                ),
                name="entry_has_text",
                violation_error_message="Skriv en tekst.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("by__isnull", False), ("kind", "MOVED"), _connector="OR"),
                name="entry_by_somebody",
                violation_error_message="Der mangler, hvem der gjorde det.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_to__isnull", False), ("kind", "HANDED")),
                    models.Q(models.Q(("kind", "HANDED"), _negated=True), ("given_to", None)),
                    _connector="OR",
                ),
                name="entry_handed_to_somebody",
                violation_error_message="Vælg, hvem der skal have sagen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("desk__in", ["DIT", "HR", "KIT"]), ("kind", "MOVED")),
                    models.Q(models.Q(("kind", "MOVED"), _negated=True), ("desk", "")),
                    _connector="OR",
                ),
                name="entry_moved_to_a_desk",
                violation_error_message="Vælg, hvem sagen skal videre til.",
            ),
        ),
    ]
