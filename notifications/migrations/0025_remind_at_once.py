"""A dispatch may be to people whom somebody in charge of their letters chose."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0027_told_whole"),
        ("notifications", "0024_packs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="dispatch",
            name="dispatch_one_at_a_time",
        ),
        migrations.RemoveConstraint(
            model_name="sendingchange",
            name="sending_change_kind_known",
        ),
        migrations.AddField(
            model_name="dispatch",
            name="receivers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), null=True, verbose_name="valgt til at få den"
            ),
        ),
        migrations.AlterField(
            model_name="sendingchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("REMINDED", "bad om at minde"),
                    ("APPROVED", "godkendte udsendelsen"),
                    ("REFUSED", "godkendte ikke udsendelsen"),
                    ("PAUSED", "satte på pause"),
                    ("RESUMED", "fortsatte"),
                    ("STOPPED", "standsede udsendelsen"),
                    ("RULED", "ændrede reglerne"),
                ],
                max_length=20,
                verbose_name="hvad",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("receivers", None), ("written_at", None)),
                fields=("incident", "kind"),
                name="dispatch_one_at_a_time",
                violation_error_message="En udsendelse er allerede i gang.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("receivers", None),
                    models.Q(
                        ("closes_at__isnull", False),
                        ("receivers__len__gte", 1),
                        ("requested_by__isnull", False),
                        ("step_on", None),
                    ),
                    _connector="OR",
                ),
                name="dispatch_to_chosen_by_somebody",
                violation_error_message="En påmindelse til udvalgte skal have en afsender, en modtager og en dag.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendingchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["REMINDED", "APPROVED", "REFUSED", "PAUSED", "RESUMED", "STOPPED", "RULED"])
                ),
                name="sending_change_kind_known",
                violation_error_message="Det kan man ikke gøre ved en udsendelse.",
            ),
        ),
    ]
