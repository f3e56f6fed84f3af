"""A problem has a kind beside its sentence, so that problems can be counted. Those from before are «andet»."""

from django.db import migrations

OTHER = """
    UPDATE letters_importrow AS r SET problems = (
        SELECT jsonb_agg('{"kind": "andet"}'::jsonb || problem ORDER BY place)
        FROM jsonb_array_elements(r.problems) WITH ORDINALITY AS each(problem, place)
    ) WHERE problems <> '[]'
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0010_progress")]

    operations = [migrations.RunSQL(OTHER, migrations.RunSQL.noop)]
