"""A list may stand in several sheets of a workbook; rows and letters know in which they stood."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0018_totals_and_corrections_stand")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="sheet_names",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()), default=list, verbose_name="læste ark"
            ),
        ),
        migrations.AddField(
            model_name="importrow",
            name="sheet",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="ark"),
        ),
        migrations.AddField(
            model_name="letter",
            name="batch_sheet",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="ark"),
        ),
        migrations.AlterModelOptions(name="importrow", options={"ordering": ["sheet", "row"]}),
        migrations.RemoveConstraint(model_name="importrow", name="row_once"),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(
                fields=("batch", "sheet", "row"),
                name="row_once",
                violation_error_message="Rækken er allerede læst.",
            ),
        ),
    ]
