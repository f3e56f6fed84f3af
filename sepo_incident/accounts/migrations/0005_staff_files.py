"""A staff file says who works where; the leaders it makes are told from those of a list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_unit_alias")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="made_by_staff_file",
            field=models.BooleanField(db_default=False, default=False, verbose_name="givet af en personalefil"),
        ),
        migrations.CreateModel(
            name="StaffImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="fil")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("CHECKED", "venter på at blive gemt"),
                            ("COMMITTED", "gemt"),
                            ("DISCARDED", "kasseret"),
                        ],
                        default="CHECKED",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("is_everybody", models.BooleanField(default=False, verbose_name="alle ansatte står i filen")),
                ("has_leaders", models.BooleanField(default=False, verbose_name="filen siger, hvem der er leder")),
                ("blank_rows", models.PositiveIntegerField(default=0, verbose_name="tomme rækker")),
                ("counts", models.JSONField(default=dict, verbose_name="antal")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("committed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "committed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "personalefil",
                "verbose_name_plural": "personalefiler",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="StaffRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField(verbose_name="række i Excel")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="navn")),
                ("leads", models.BooleanField(default=False, verbose_name="er leder")),
                ("leader_name", models.CharField(blank=True, max_length=200, verbose_name="leder")),
                ("leader_email", models.CharField(blank=True, max_length=254, verbose_name="leders e-mail")),
                ("left_on", models.DateField(null=True, verbose_name="fratrådt")),
                ("problems", models.JSONField(default=list)),
                ("changes", models.JSONField(default=dict)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NEW", "ny"),
                            ("KNOWN", "kendt"),
                            ("CHANGED", "ændret"),
                            ("LEFT", "fratrådt"),
                            ("REJECTED", "afvist"),
                        ],
                        max_length=20,
                        verbose_name="resultat",
                    ),
                ),
                (
                    "staff_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="accounts.staffimport",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["row"],
            },
        ),
        migrations.AddConstraint(
            model_name="staffimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("committed_at__isnull", False), ("status", "COMMITTED")),
                    models.Q(models.Q(("status", "COMMITTED"), _negated=True), ("committed_at__isnull", True)),
                    _connector="OR",
                ),
                name="staff_committed_has_time",
                violation_error_message="En gemt personalefil skal have et tidspunkt.",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffimport",
            constraint=models.UniqueConstraint(
                models.F("status"),
                condition=models.Q(("status", "CHECKED")),
                name="staff_one_waits",
                violation_error_message="Der venter allerede en personalefil.",
            ),
        ),
        migrations.AddIndex(
            model_name="staffrow",
            index=models.Index(fields=["staff_import", "verdict"], name="staff_row_verdict"),
        ),
        migrations.AddConstraint(
            model_name="staffrow",
            constraint=models.UniqueConstraint(
                fields=("staff_import", "row"), name="staff_row_once", violation_error_message="Rækken er læst."
            ),
        ),
    ]
