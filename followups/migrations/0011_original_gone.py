"""Somebody says that the mail of a letter is not to be found, or is found again."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0010_bulk_decisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
        ),
        migrations.AddField(
            model_name="followup",
            name="is_original_gone",
            field=models.BooleanField(db_default=False, default=False, verbose_name="originalen findes ikke"),
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
                    ("DATE_SET", "satte brevets frist"),
                    ("ORIGINAL_GONE", "skrev, at originalen ikke findes"),
                    ("ORIGINAL_FOUND", "skrev, at originalen er fundet"),
                ],
                max_length=20,
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
                            "DATE_SET",
                            "ORIGINAL_GONE",
                            "ORIGINAL_FOUND",
                        ],
                    )
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
            ),
        ),
    ]
