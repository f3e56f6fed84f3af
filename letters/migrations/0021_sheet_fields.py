"""What a sheet has no column for stays as it is on its letters, also where another sheet of the file has the column."""

from django.db import migrations, models

#: Lists that were read before know only what all of their sheets have together.
_AS_BEFORE = """
    UPDATE letters_importbatch SET sheet_fields = to_jsonb(ARRAY(
        SELECT jsonb_path_query_array(mapping, '$[*][1] ? (@ != "")')
        FROM generate_series(1, greatest(1, jsonb_array_length(sheet_names)))
    )) WHERE mapping <> '[]'
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0020_known_values")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="sheet_fields",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()), default=list, verbose_name="arkenes felter"
            ),
        ),
        migrations.RunSQL(_AS_BEFORE, migrations.RunSQL.noop),
    ]
