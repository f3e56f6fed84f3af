"""Whether the fault of an incident is fixed, since when, and how that is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0012_narrow_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="fix_checked_by",
            field=models.CharField(blank=True, max_length=120, verbose_name="hvem kontrollerede det"),
        ),
        migrations.AddField(
            model_name="incident",
            name="fix_checked_on",
            field=models.DateField(blank=True, null=True, verbose_name="kontrolleret den"),
        ),
        migrations.AddField(
            model_name="incident",
            name="fix_evidence",
            field=models.CharField(blank=True, max_length=200, verbose_name="hvordan ved I det"),
        ),
        migrations.AddField(
            model_name="incident",
            name="fixed_from",
            field=models.DateField(blank=True, null=True, verbose_name="breve kommer frem fra og med"),
        ),
        migrations.AddField(
            model_name="incident",
            name="until_fixed",
            field=models.CharField(blank=True, max_length=300, verbose_name="det gør afsenderne imens"),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("fix_checked_by", ""), ("fix_checked_on", None), ("fix_evidence", ""), ("fixed_from", None)
                    ),
                    models.Q(
                        ("fix_checked_by__gt", ""),
                        ("fix_checked_on__isnull", False),
                        ("fix_evidence__gt", ""),
                        ("fixed_from__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="incident_fix_is_proven",
                violation_error_code="fixed_from",
                violation_error_message="Udfyld alle fire felter, når fejlen er rettet.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_from", None), ("fixed_from__gt", models.F("last_day")), _connector="OR"),
                name="incident_fixed_after_window",
                violation_error_code="fixed_from",
                violation_error_message="Dagen skal ligge efter den sidste dag, hvor fejlen ramte breve.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fixed_from", None), ("fix_checked_on__gte", models.F("fixed_from")), _connector="OR"
                ),
                name="incident_fix_checked_afterwards",
                violation_error_code="fix_checked_on",
                violation_error_message="Det kan først kontrolleres, når brevene kommer frem igen.",
            ),
        ),
    ]
