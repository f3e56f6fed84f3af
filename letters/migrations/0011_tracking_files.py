"""Files of letters and receipts that Koncern IT uploads."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0010_answered_waits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="file_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="kendt fra en fil indtil"),
        ),
        migrations.CreateModel(
            name="TrackingFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="fil")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "klar til tjek"),
                            ("TAKING", "bliver indlæst"),
                            ("TAKEN", "indlæst"),
                            ("FAILED", "kunne ikke læses"),
                        ],
                        default="WAITING",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("found", models.JSONField(default=dict, verbose_name="fundet liste")),
                ("mapping", models.JSONField(default=list, verbose_name="kolonner")),
                ("channel", models.CharField(blank=True, max_length=80, verbose_name="kanal")),
                ("remarks", models.JSONField(default=list, verbose_name="bemærkninger")),
                ("refusal", models.TextField(blank=True, verbose_name="årsag til afvisning")),
                ("result", models.JSONField(default=dict, verbose_name="resultat")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="behandlet")),
                ("total_rows", models.PositiveIntegerField(default=0, verbose_name="rækker i alt")),
                ("heartbeat_at", models.DateTimeField(null=True, verbose_name="sidst i gang")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="læst")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="af",
                    ),
                ),
            ],
            options={"verbose_name": "fil til sporing", "verbose_name_plural": "filer til sporing"},
        ),
        migrations.CreateModel(
            name="TrackingFilePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="nummer")),
                ("content", models.BinaryField(verbose_name="bytes")),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="file_parts",
                        to="letters.trackingfile",
                    ),
                ),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.AddConstraint(
            model_name="trackingfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["WAITING", "TAKING", "TAKEN", "FAILED"])),
                name="tracking_file_status_known",
                violation_error_message="Den status findes ikke for en fil.",
            ),
        ),
        migrations.AddConstraint(
            model_name="trackingfilepart",
            constraint=models.UniqueConstraint(
                fields=("file", "number"),
                name="tracking_file_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ),
        migrations.RunSQL("ALTER TABLE letters_trackingfilepart ALTER COLUMN content SET STORAGE EXTERNAL"),
    ]
