"""The parts of a waiting file belong to its batch, and there is no file beside them."""

import django.db.models.deletion
from django.db import migrations, models

#: Backwards, each batch with parts has a file once more, before they refer to it.
FILES = """
    INSERT INTO letters_importfile (batch_id) SELECT DISTINCT batch_id FROM letters_importfilepart;
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0021_sheet_fields")]

    operations = [
        migrations.RemoveConstraint("importfilepart", "file_part_once"),
        migrations.RenameField("importfilepart", "file", "batch"),
        migrations.AlterField(
            "importfilepart",
            "batch",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="file_parts",
                to="letters.importbatch",
            ),
        ),
        migrations.AddConstraint(
            "importfilepart",
            models.UniqueConstraint(
                fields=("batch", "number"),
                name="file_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FILES),
        migrations.DeleteModel("ImportFile"),
    ]
