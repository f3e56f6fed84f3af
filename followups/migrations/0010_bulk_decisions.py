"""Many decisions made in one act have a mark in common, and what became of each letter is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0009_sent_back"),
        ("letters", "0025_chained"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[("PAGE", "en beslutning om alle"), ("WORKBOOK", "et regneark")],
                        max_length=20,
                        verbose_name="måde",
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="bedt om")),
                ("undo_asked_at", models.DateTimeField(null=True, verbose_name="bedt om at fortryde")),
                ("stop_asked_at", models.DateTimeField(null=True, verbose_name="bedt om at stoppe")),
                ("heartbeat_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="af",
                    ),
                ),
            ],
            options={
                "verbose_name": "samlet beslutning",
                "verbose_name_plural": "samlede beslutninger",
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="together",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="followups.bulkdecision",
            ),
        ),
        migrations.CreateModel(
            name="BulkLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("answers", models.JSONField(verbose_name="svar")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "venter på tur"),
                            ("DECIDED", "har fået beslutningen"),
                            ("LEFT", "ikke rørt"),
                            ("UNDONE", "fortrudt"),
                            ("KEPT", "ikke fortrudt"),
                        ],
                        default="WAITING",
                        max_length=20,
                        verbose_name="resultat",
                    ),
                ),
                ("why", models.TextField(blank=True, verbose_name="hvorfor")),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="followups.bulkdecision"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="letters.letter",
                        verbose_name="brev",
                    ),
                ),
            ],
            options={
                "verbose_name": "brev i en samlet beslutning",
                "verbose_name_plural": "breve i en samlet beslutning",
            },
        ),
        migrations.AddConstraint(
            model_name="bulkdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["PAGE", "WORKBOOK"])),
                name="bulk_way_known",
                violation_error_message="Den måde at beslutte på findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkletter",
            constraint=models.UniqueConstraint(
                fields=("bulk", "letter"),
                name="bulk_letter_once",
                violation_error_message="Brevet er allerede med i den samlede beslutning.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["WAITING", "DECIDED", "UNDONE"]), ("why", "")),
                    models.Q(("state__in", ["LEFT", "KEPT"]), models.Q(("why", ""), _negated=True)),
                    _connector="OR",
                ),
                name="bulk_letter_left_says_why",
                violation_error_message="Skriv, hvorfor brevet ikke er rørt, og kun når det ikke er.",
            ),
        ),
    ]
