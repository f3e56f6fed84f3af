"""What people correct in a row on the check page is kept beside it, and the record only grows."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0014_columns_are_asked_for"),
    ]

    operations = [
        migrations.AddField(
            model_name="importrow",
            name="corrections",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()), default=list, verbose_name="rettelser"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="importrow",
            trigger=pgtrigger.compiler.Trigger(
                name="corrections_stand",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT NEW.corrections @> OLD.corrections)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update of \"corrections\" rows from % table', TG_TABLE_NAME;",
                    hash="3070ea46d37250ba4a58ae1748c2a3af9b9f2176",
                    operation='UPDATE OF "corrections"',
                    pgid="pgtrigger_corrections_stand_2f565",
                    table="letters_importrow",
                    when="BEFORE",
                ),
            ),
        ),
    ]
