"""The database knows the kinds of recipient."""

from django.db import migrations, models
from django.db.models import Q

MESSAGE = "En modtager er borger, medarbejder eller ukendt."


def known(name, kinds):
    return models.CheckConstraint(condition=Q(recipient_kind__in=kinds), name=name, violation_error_message=MESSAGE)


class Migration(migrations.Migration):
    dependencies = [("letters", "0005_rows_written_once")]

    operations = [
        migrations.AddConstraint(
            "importrow", known("row_recipient_kind_known", ["", "CITIZEN", "EMPLOYEE", "UNKNOWN"])
        ),
        migrations.AddConstraint("letter", known("letter_recipient_kind_known", ["CITIZEN", "EMPLOYEE", "UNKNOWN"])),
    ]
