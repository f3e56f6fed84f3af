"""The role of the data protection officer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accesschange",
            name="access_change_of_a_role",
        ),
        migrations.RemoveConstraint(
            model_name="grouprole",
            name="group_role_known",
        ),
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_role_known",
        ),
        migrations.AlterField(
            model_name="accesschange",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("LEADER", "leder"),
                    ("COORDINATOR", "koordinator"),
                    ("KIT_ADMIN", "Koncern IT"),
                    ("DIT_SUPPORT", "DIT"),
                    ("HR", "Personalejura og Forhandling"),
                    ("READER", "læser"),
                    ("ADVISER", "databeskyttelsesrådgiver"),
                ],
                max_length=20,
                verbose_name="rolle",
            ),
        ),
        migrations.AlterField(
            model_name="grouprole",
            name="role",
            field=models.CharField(
                choices=[
                    ("LEADER", "leder"),
                    ("COORDINATOR", "koordinator"),
                    ("KIT_ADMIN", "Koncern IT"),
                    ("DIT_SUPPORT", "DIT"),
                    ("HR", "Personalejura og Forhandling"),
                    ("READER", "læser"),
                    ("ADVISER", "databeskyttelsesrådgiver"),
                ],
                max_length=20,
                verbose_name="rolle",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("LEADER", "leder"),
                    ("COORDINATOR", "koordinator"),
                    ("KIT_ADMIN", "Koncern IT"),
                    ("DIT_SUPPORT", "DIT"),
                    ("HR", "Personalejura og Forhandling"),
                    ("READER", "læser"),
                    ("ADVISER", "databeskyttelsesrådgiver"),
                ],
                max_length=20,
                verbose_name="rolle",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["ROLE_GIVEN", "ROLE_TAKEN"]),
                        ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER", "ADVISER"]),
                        ("unit__isnull", False),
                    ),
                    models.Q(
                        models.Q(("kind__in", ["ROLE_GIVEN", "ROLE_TAKEN"]), _negated=True),
                        ("person__isnull", False),
                        ("role", ""),
                        ("unit", None),
                    ),
                    _connector="OR",
                ),
                name="access_change_of_a_role",
                violation_error_message="Vælg en rolle og en enhed.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER", "ADVISER"])
                ),
                name="group_role_known",
                violation_error_message="Den rolle findes ikke.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER", "ADVISER"])
                ),
                name="membership_role_known",
                violation_error_message="Den rolle findes ikke.",
            ),
        ),
    ]
