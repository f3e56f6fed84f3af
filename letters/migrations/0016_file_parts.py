"""A file waits in parts of a MiB. Those that wait right now become one part, and are read as they are.

Backwards, the parts of a waiting file become one again.
"""

import django.db.models.deletion
from django.db import migrations, models

AS_ONE_PART = """
    INSERT INTO letters_importfilepart (file_id, number, content) SELECT batch_id, 0, content FROM letters_importfile
"""
AS_ONE_FILE = """
    UPDATE letters_importfile AS file
    SET content = (SELECT string_agg(content, '' ORDER BY number) FROM letters_importfilepart WHERE file_id = file.batch_id)
"""
#: They are packed already, or gone in a minute: pressing them costs more than it saves.
AS_THEY_ARE = "ALTER TABLE letters_importfilepart ALTER COLUMN content SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [("letters", "0015_rows_corrected")]

    operations = [
        migrations.CreateModel(
            name="ImportFilePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="nummer")),
                ("content", models.BinaryField(verbose_name="bytes")),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="letters.importfile",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("file", "number"),
                        name="file_part_once",
                        violation_error_message="Den del af filen er allerede gemt.",
                    )
                ],
            },
        ),
        migrations.RunSQL(AS_THEY_ARE, migrations.RunSQL.noop),
        migrations.RunSQL(AS_ONE_PART, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        # Without a value the column can come back, and is then filled before it must have one.
        migrations.AlterField("importfile", "content", models.BinaryField(null=True)),
        migrations.RunSQL(migrations.RunSQL.noop, AS_ONE_FILE),
        migrations.RemoveField("importfile", "content"),
    ]
