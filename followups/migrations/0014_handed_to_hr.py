"""A personnel case is left to Personalejura, who then decides what happens with the letter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0013_draft_texts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
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
                    ("SENT_BACK", "sendte tilbage"),
                    ("UPHELD", "fastholdt beslutningen"),
                    ("CONFIRMED", "bekræftede"),
                    ("CORRECTED", "rettede en bekræftet beslutning"),
                    ("HELP_ASKED", "bad om hjælp"),
                    ("HELP_ANSWERED", "svarede"),
                    ("HANDED_TO_HR", "overdrog brevet til Personalejura"),
                    ("DATE_SET", "satte brevets frist"),
                    ("ORIGINAL_GONE", "skrev, at originalen ikke findes"),
                    ("ORIGINAL_FOUND", "skrev, at originalen er fundet"),
                    ("NOT_ARRIVED", "åbnede brevet igen"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="reason",
            field=models.CharField(
                choices=[("DOUBT", "i tvivl om, hvad der skal ske"), ("HANDED_OVER", "overdraget")],
                default="DOUBT",
                max_length=20,
                verbose_name="anledning",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "DECIDED",
                            "UNDONE",
                            "DONE",
                            "HANDLED",
                            "SENT_BACK",
                            "UPHELD",
                            "CONFIRMED",
                            "CORRECTED",
                            "HELP_ASKED",
                            "HELP_ANSWERED",
                            "HANDED_TO_HR",
                            "DATE_SET",
                            "ORIGINAL_GONE",
                            "ORIGINAL_FOUND",
                            "NOT_ARRIVED",
                        ],
                    )
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
            ),
        ),
    ]
