"""A search finds the counts of a slice in one index, and the buckets to count without reading an emptied table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0017_plan_director"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="touchedbucket",
            index=models.Index(fields=["kind"], name="touched_bucket_kind"),
        ),
        # An index holds the numbers only of rows that a vacuum has seen: once in some hours rather than in weeks.
        migrations.RunSQL(
            """
            ALTER TABLE letters_flowcount DROP CONSTRAINT letters_flowcount_pkey,
                ADD PRIMARY KEY (slice_id, bucket) INCLUDE (letters),
                SET (autovacuum_vacuum_insert_scale_factor = 0.01)
            """,
            """
            ALTER TABLE letters_flowcount DROP CONSTRAINT letters_flowcount_pkey,
                ADD PRIMARY KEY (slice_id, bucket),
                RESET (autovacuum_vacuum_insert_scale_factor)
            """,
        ),
    ]
