"""A deadline lies at most two years after the last day, and a change of it changes something."""

from datetime import timedelta

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0002_named_on")]

    operations = [
        migrations.AddConstraint(
            "incident",
            models.CheckConstraint(
                condition=models.Q(deadline__lte=models.F("last_day") + timedelta(days=731)),
                name="incident_deadline_in_sight",
                violation_error_message="Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?",
            ),
        ),
        migrations.AddConstraint(
            "deadlinechange",
            models.CheckConstraint(
                condition=~models.Q(old=models.F("new")),
                name="deadline_change_moves_it",
                violation_error_message="Det er den frist, der står i forvejen.",
            ),
        ),
    ]
