"""The database knows every status, phase and verdict of an import, and every status of an incident."""

from django.db import migrations, models
from django.db.models import Q

STATUSES = [
    "UPLOADED",
    "READING",
    "ASKING",
    "CHECKED",
    "COMMITTING",
    "COMMITTED",
    "FAILED",
    "DISCARDED",
    "UNDONE",
]
PHASES = ["", "OPENING", "READING", "JUDGING", "PLACES", "LETTERS", "ROLES"]
VERDICTS = ["", "NEW", "KNOWN", "CHANGED", "REJECTED"]


def known(name, condition, message):
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


class Migration(migrations.Migration):
    dependencies = [("letters", "0019_several_sheets")]

    operations = [
        migrations.AddConstraint(
            "incident",
            known(
                "incident_status_known",
                Q(status__in=["PREPARING", "OPEN", "CLOSED"]),
                "En hændelse er under forberedelse, åben eller afsluttet.",
            ),
        ),
        migrations.AddConstraint(
            "importbatch",
            known("batch_status_known", Q(status__in=STATUSES), "Den status har en indlæsning ikke."),
        ),
        migrations.AddConstraint(
            "importprogress",
            known("progress_phase_known", Q(phase__in=PHASES), "Det trin findes ikke i en indlæsning."),
        ),
        migrations.AddConstraint(
            "importrow",
            known("row_verdict_known", Q(verdict__in=VERDICTS), "En række er ny, kendt, ændret eller afvist."),
        ),
    ]
