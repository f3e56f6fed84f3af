"""Changes are chosen, a list may be the full one, and one that was brought in can be undone and come again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0011_problems_have_a_kind"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "importrow", "is_chosen", models.BooleanField(db_default=False, default=False, verbose_name="valgt")
        ),
        migrations.AddField(
            "importbatch",
            "takes",
            models.CharField(
                choices=[("ALL", "alle ændringer"), ("NONE", "ingen ændringer"), ("CHOSEN", "de valgte ændringer")],
                default="ALL",
                max_length=10,
                verbose_name="ændringer, der tages med",
            ),
        ),
        migrations.AddField("importbatch", "is_full", models.BooleanField(default=False, verbose_name="fuld liste")),
        migrations.AddField(
            "importbatch",
            "undone_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "importbatch", "undone_at", models.DateTimeField(blank=True, null=True, verbose_name="fortrudt")
        ),
        migrations.RemoveConstraint("importbatch", "batch_file_once"),
        migrations.AddConstraint(
            "importbatch",
            models.UniqueConstraint(
                condition=~Q(status="UNDONE"),
                fields=("incident", "sha256"),
                name="batch_file_once",
                violation_error_message="Den fil er allerede læst ind i hændelsen.",
            ),
        ),
        migrations.AddConstraint(
            "importbatch",
            models.CheckConstraint(
                condition=Q(takes__in=["ALL", "NONE", "CHOSEN"]),
                name="batch_takes_known",
                violation_error_message="Ændringer tages med, lades ligge eller vælges.",
            ),
        ),
        migrations.AddConstraint(
            "importbatch",
            models.CheckConstraint(
                condition=Q(status="UNDONE", undone_at__isnull=False) | ~Q(status="UNDONE") & Q(undone_at=None),
                name="batch_undone_has_time",
                violation_error_message="En fortrudt indlæsning skal have et tidspunkt.",
            ),
        ),
    ]
