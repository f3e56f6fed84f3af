"""Arrivals that the system itself records by the receipts of a dispatch."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0001_initial"),
        ("letters", "0007_missing_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="arrival",
            name="arrival_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="arrival",
            name="arrival_proof_is_whole",
        ),
        migrations.AddField(
            model_name="arrival",
            name="dispatch",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="letters.letterdispatch"
            ),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="kind",
            field=models.CharField(
                choices=[
                    ("SENT", "sendt, uden bevis endnu"),
                    ("FILE", "logudtræk eller skærmbillede"),
                    ("STATEMENT", "erklæring"),
                    ("RECEIPT", "kvittering"),
                    ("DISPUTED", "uenige kvitteringer"),
                    ("TAKEN_BACK", "trukket tilbage"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["SENT", "FILE", "STATEMENT", "RECEIPT", "DISPUTED", "TAKEN_BACK"])),
                name="arrival_kind_known",
                violation_error_message="Den slags bevis findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("has_arrived", None),
                        ("kind", "SENT"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        ("original_sha256", ""),
                    ),
                    models.Q(
                        ("kind", "STATEMENT"),
                        ("has_arrived__isnull", False),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        ("original_sha256", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        ("file_size__gt", 0),
                        ("kind", "FILE"),
                        ("has_arrived__isnull", False),
                        models.Q(("file_name", ""), _negated=True),
                        models.Q(("file_sha256", ""), _negated=True),
                    ),
                    models.Q(
                        ("has_arrived", None),
                        ("kind", "TAKEN_BACK"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        ("original_sha256", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("has_arrived__isnull", False)),
                        ("has_arrived", True),
                        ("kind", "RECEIPT"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        ("original_sha256", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        ("has_arrived", None),
                        ("kind", "DISPUTED"),
                        ("file_name", ""),
                        ("file_sha256", ""),
                        ("file_size", 0),
                        ("file_type", ""),
                        ("original_sha256", ""),
                        models.Q(("text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="arrival_proof_is_whole",
                violation_error_message="Skriv, hvordan du ved det, eller vælg en fil.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", None), ("dispatch__isnull", False), ("kind__in", ["RECEIPT", "DISPUTED"])),
                    models.Q(
                        models.Q(("kind__in", ["RECEIPT", "DISPUTED"]), _negated=True),
                        ("by__isnull", False),
                        ("dispatch", None),
                    ),
                    _connector="OR",
                ),
                name="arrival_by_person_or_receipt",
                violation_error_message="Enten siger en person det, eller også siger en kvittering det.",
            ),
        ),
    ]
