"""The database knows every kind of unit, every role, and every status and verdict of a staff file."""

from django.db import migrations, models
from django.db.models import Q


def known(name, condition, message):
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_staff_files")]

    operations = [
        migrations.AddConstraint(
            "unit",
            known(
                "unit_kind_known",
                Q(kind__in=["MUNICIPALITY", "ADMINISTRATION", "AREA", "UNIT", "SUBUNIT"]),
                "Den slags enhed findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            "membership",
            known(
                "membership_role_known",
                Q(role__in=["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER"]),
                "Den rolle findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            "staffimport",
            known(
                "staff_status_known",
                Q(status__in=["CHECKED", "COMMITTED", "DISCARDED"]),
                "En personalefil venter, er gemt eller er kasseret.",
            ),
        ),
        migrations.AddConstraint(
            "staffrow",
            known(
                "staff_row_verdict_known",
                Q(verdict__in=["", "NEW", "KNOWN", "CHANGED", "LEFT", "REJECTED"]),
                "En række er ny, kendt, ændret, fratrådt eller afvist.",
            ),
        ),
    ]
