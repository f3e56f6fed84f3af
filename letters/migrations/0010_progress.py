"""How far a worker is has a row of its own, written while the step's transaction holds the batch."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0009_remarks_on_the_file"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(
            model_name="importbatch",
            name="done_rows",
        ),
        migrations.RemoveField(
            model_name="importbatch",
            name="heartbeat_at",
        ),
        migrations.CreateModel(
            name="ImportProgress",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="letters.importbatch",
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("OPENING", "Filen bliver åbnet"),
                            ("READING", "Rækkerne bliver læst"),
                            ("JUDGING", "Rækkerne bliver holdt op mod de breve, vi kender"),
                            ("PLACES", "Enheder og personer bliver fundet eller oprettet"),
                            ("LETTERS", "Brevene bliver gemt"),
                            ("ROLES", "Ledere får adgang til deres enheder"),
                        ],
                        max_length=20,
                        verbose_name="trin",
                    ),
                ),
                ("began_at", models.DateTimeField(blank=True, null=True, verbose_name="trinnet begyndte")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="klaret")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="i alt")),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("stop_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="bedt om at stoppe")),
                (
                    "stop_asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("began_at", None), ("phase", "")),
                            models.Q(models.Q(("phase", ""), _negated=True), ("began_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="progress_phase_has_begun",
                        violation_error_message="Et trin, der er i gang, har et tidspunkt, det begyndte.",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO letters_importprogress (batch_id, phase, done, total) "
            "SELECT id, '', 0, 0 FROM letters_importbatch",
            migrations.RunSQL.noop,
        ),
    ]
