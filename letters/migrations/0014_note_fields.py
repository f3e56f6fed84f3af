"""What mails and notes say of an incident and a plan, and the three answers to the breach question."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0013_fault_fixed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="breachassessment",
            name="assessment_answer_known",
        ),
        migrations.RemoveConstraint(
            model_name="breachassessment",
            name="assessment_no_breach_has_reason",
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="case_worker",
            field=models.CharField(blank=True, max_length=120, verbose_name="sagsbehandler"),
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="ean",
            field=models.CharField(blank=True, max_length=13, verbose_name="EAN-nummer"),
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="mail_text",
            field=models.CharField(blank=True, max_length=300, verbose_name="til mailen"),
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="office",
            field=models.TextField(blank=True, verbose_name="kontor og adresse"),
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="support_email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="support"),
        ),
        migrations.AddField(
            model_name="incident",
            name="case_worker",
            field=models.CharField(blank=True, max_length=120, verbose_name="sagsbehandler"),
        ),
        migrations.AddField(
            model_name="incident",
            name="ean",
            field=models.CharField(blank=True, max_length=13, verbose_name="EAN-nummer"),
        ),
        migrations.AddField(
            model_name="incident",
            name="genuine_check",
            field=models.CharField(blank=True, max_length=200, verbose_name="sådan ser man, at mailen er ægte"),
        ),
        migrations.AddField(
            model_name="incident",
            name="office",
            field=models.TextField(blank=True, verbose_name="kontor og adresse"),
        ),
        migrations.AddField(
            model_name="incident",
            name="sent_in_all",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="breve sendt i alt i perioden"),
        ),
        migrations.AddField(
            model_name="incident",
            name="sent_in_all_source",
            field=models.CharField(blank=True, max_length=120, verbose_name="kilde til det tal"),
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="in_note",
            field=models.BooleanField(default=False, verbose_name="med i notatet"),
        ),
        migrations.AlterField(
            model_name="breachassessment",
            name="answer",
            field=models.CharField(
                choices=[
                    ("NOTIFY", "Brud, anmeldes"),
                    ("DO_NOT_NOTIFY", "Brud, anmeldes ikke"),
                    ("NOT_A_BREACH", "Ikke et brud"),
                    ("UNDECIDED", "Ikke afgjort endnu"),
                ],
                max_length=20,
                verbose_name="svar",
            ),
        ),
        migrations.AddConstraint(
            model_name="breachassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer__in", ["NOTIFY", "DO_NOT_NOTIFY", "NOT_A_BREACH", "UNDECIDED"])),
                name="assessment_answer_known",
                violation_error_message="Vælg, om det er et brud, og om det anmeldes.",
            ),
        ),
        migrations.AddConstraint(
            model_name="breachassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer", "UNDECIDED"), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="assessment_has_reason",
                violation_error_message="Skriv begrundelsen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_in_all", None), ("sent_in_all_source", "")),
                    models.Q(("sent_in_all__isnull", False), ("sent_in_all_source__gt", "")),
                    _connector="OR",
                ),
                name="incident_sent_in_all_has_source",
                violation_error_code="sent_in_all_source",
                violation_error_message="Skriv både tallet og kilden, eller ingen af dem.",
            ),
        ),
    ]
