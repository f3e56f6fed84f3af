"""A letter knows its row, and no longer the other way round: a list's rows are written once. Indexes that repeated
others go; they were a good part of what a list of a million rows cost."""

import django.db.models.deletion
from django.db import migrations, models

ROWS_OF_LETTERS = """
    UPDATE letters_letter AS l SET batch_row = r.row
    FROM letters_importrow AS r WHERE r.letter_id = l.id AND r.batch_id = l.batch_id
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0004_deadline_in_sight")]

    operations = [
        migrations.AddField(
            "letter", "batch_row", models.PositiveIntegerField(blank=True, null=True, verbose_name="række i Excel")
        ),
        migrations.RunSQL(ROWS_OF_LETTERS, migrations.RunSQL.noop),
        # What the update left to check must be checked before the tables change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("importrow", "letter"),
        migrations.AlterField(
            "importrow",
            "batch",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="letters.importbatch",
            ),
        ),
        migrations.AlterField(
            "letter",
            "incident",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letters",
                to="letters.incident",
            ),
        ),
    ]
