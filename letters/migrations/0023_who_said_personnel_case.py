import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Who may say so: the sender, the letter's own leader, and HR over its unit.
SAID_SO_FAR = """
    UPDATE letters_letter AS l SET personnel_by_id = category_by_id
    WHERE category_by_id IN (sender_id, leader_id) OR EXISTS (
        SELECT FROM accounts_membership AS held
        JOIN accounts_unit AS unit ON unit.id = l.unit_id AND held.unit_id = ANY(unit.lineage)
        WHERE held.user_id = category_by_id AND held.role = 'HR')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_known_values"),
        ("letters", "0022_a_file_is_its_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="letter",
            name="personnel_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personalesag ifølge",
            ),
        ),
        migrations.RunSQL(SAID_SO_FAR, migrations.RunSQL.noop),
    ]
