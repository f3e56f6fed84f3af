"""What people confirmed of a list is kept until it is in, and a record of corrections keeps its order as well."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0017_assignments"),
    ]

    operations = [
        migrations.AddField(
            "importbatch",
            "confirmed_totals",
            models.CharField(blank=True, max_length=100, verbose_name="bekræftede tal"),
        ),
        pgtrigger.migrations.RemoveTrigger(model_name="importrow", name="corrections_stand"),
        pgtrigger.migrations.AddTrigger(
            model_name="importrow",
            trigger=pgtrigger.compiler.Trigger(
                name="corrections_stand",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition=(
                        "WHEN (jsonb_path_query_array(NEW.corrections, '$[0 to $last]', "
                        "jsonb_build_object('last', jsonb_array_length(OLD.corrections) - 1)) <> OLD.corrections)"
                    ),
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update of \"corrections\" rows from % table', TG_TABLE_NAME;",
                    hash="4bb0b0fb8a022e8dbca93a8bb80ada4fa2dcac52",
                    operation='UPDATE OF "corrections"',
                    pgid="pgtrigger_corrections_stand_2f565",
                    table="letters_importrow",
                    when="BEFORE",
                ),
            ),
        ),
    ]
