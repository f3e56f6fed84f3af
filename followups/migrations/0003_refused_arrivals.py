"""Arrivals of letters of which a receipt says that they did not arrive."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0002_receipts"),
        ("letters", "0008_drafted_incident"),
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
        migrations.RemoveConstraint(
            model_name="arrival",
            name="arrival_by_person_or_receipt",
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
                    ("REFUSED", "kvittering for, at brevet ikke kom frem"),
                    ("TAKEN_BACK", "trukket tilbage"),
                ],
                max_length=20,
                verbose_name="slags",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["SENT", "FILE", "STATEMENT", "RECEIPT", "DISPUTED", "REFUSED", "TAKEN_BACK"])
                ),
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
                        ("kind__in", ["DISPUTED", "REFUSED"]),
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
                    models.Q(
                        ("by", None), ("dispatch__isnull", False), ("kind__in", ["RECEIPT", "DISPUTED", "REFUSED"])
                    ),
                    models.Q(
                        models.Q(("kind__in", ["RECEIPT", "DISPUTED", "REFUSED"]), _negated=True),
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
