"""What a letter is about is told by rules that belong to the incident; a person's word on a letter goes before them.

Incidents that are there get the rules every incident begins with. Their letters get the marks when the rules are run.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

#: As they were when this was written; what an incident gets today stands in ``letters/categories/defaults.py``.
RULES = [
    {
        "name": "Sygefraværssamtaler",
        "words": "*sygefravær*, *sygesamtale*, *mulighedserklæring*",
        "is_personnel": True,
        "has_deadline": True,  # within four weeks
    },
    {"name": "Uddannelsesparathed", "words": "*uddannelsesparat*, UPV", "has_deadline": True},
    {"name": "Dagpleje og privat pasning", "words": "*dagpleje*, *privat pasning*, *privat børnepasser*"},
    {"name": "Tandpleje", "words": "tand*, *tænder*"},
    {"name": "Pjecer", "words": "pjece*"},
    {"name": "Kvitteringer", "words": "*kvittering*, *vi har modtaget*, *bekræftelse på*"},
    {"name": "Møder", "words": "møde*, *møde, *samtale*, *indkaldelse*"},
    {"name": "Høringer", "words": "*høring*"},
    {"name": "Afgørelser", "words": "*afgørelse*, *bevilling*, *afslag*, *svar på*"},
    {
        "words": "*tjenstlig*, *personalesag*, *påtænkt afsked*, *påtænkt opsigelse*, afskedigelse*, "
        "*din ansættelse*, *fratrædelse*",
        "is_personnel": True,
    },
    {"words": "*frist, *fristen, *svar inden*, *svar senest*, *partshøring*", "has_deadline": True},
]


def give_rules(apps, schema_editor):
    rule = apps.get_model("letters", "CategoryRule")
    for incident in apps.get_model("letters", "Incident").objects.all():
        rule.objects.bulk_create(rule(incident=incident, position=n, **fields) for n, fields in enumerate(RULES, 1))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_unit_alias"),
        ("letters", "0012_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "importrow",
            "has_deadline",
            models.BooleanField(db_default=False, default=False, verbose_name="har en frist"),
        ),
        migrations.AddField(
            "letter",
            "has_deadline",
            models.BooleanField(db_default=False, default=False, verbose_name="har en frist"),
        ),
        migrations.AddField(
            "letter",
            "category_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="emneområde af",
            ),
        ),
        migrations.CreateModel(
            name="CategoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="rækkefølge")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="emneområde")),
                ("words", models.CharField(blank=True, max_length=1000, verbose_name="ord i emnet")),
                (
                    "recipient_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CITIZEN", "borger"),
                            ("EMPLOYEE", "medarbejder"),
                            ("UNKNOWN", "ukendt modtager"),
                        ],
                        max_length=20,
                        verbose_name="modtager",
                    ),
                ),
                ("is_personnel", models.BooleanField(default=False, verbose_name="brevene er personalesager")),
                ("has_deadline", models.BooleanField(default=False, verbose_name="brevene har en frist")),
                ("version", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="category_rules",
                        to="letters.incident",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
            ],
            options={
                "verbose_name": "regel for emneområde",
                "verbose_name_plural": "regler for emneområder",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["incident", "position"],
                        name="category_rule_has_its_place",
                        deferrable=models.Deferrable.DEFERRED,
                        violation_error_message="To regler kan ikke stå samme sted.",
                    ),
                    models.CheckConstraint(
                        condition=~Q(words="", unit=None, recipient_kind=""),
                        name="category_rule_does_not_catch_all",
                        violation_error_message="Skriv mindst ét ord, eller vælg en enhed eller en modtager.",
                    ),
                    models.CheckConstraint(
                        condition=~Q(name="", is_personnel=False, has_deadline=False),
                        name="category_rule_names_or_marks",
                        violation_error_message="Giv emneområdet et navn, eller sæt et af mærkerne.",
                    ),
                    models.CheckConstraint(
                        condition=Q(recipient_kind__in=["", "CITIZEN", "EMPLOYEE", "UNKNOWN"]),
                        name="category_rule_recipient_kind_known",
                        violation_error_message="En modtager er borger, medarbejder eller ukendt.",
                    ),
                ],
            },
        ),
        migrations.RunPython(give_rules, migrations.RunPython.noop),
    ]
