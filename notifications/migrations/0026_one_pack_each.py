"""Each person has one pack made at a time. Of several that are being made the newest goes on."""

from django.db import migrations, models

ONE_EACH = """
UPDATE notifications_pack AS pack SET failed = 'Du har bedt om en nyere pakke, og vi laver én ad gangen.'
WHERE finished_at IS NULL AND failed = '' AND EXISTS (
    SELECT FROM notifications_pack AS newer
    WHERE newer.by_id = pack.by_id AND newer.id > pack.id AND newer.finished_at IS NULL AND newer.failed = '');
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0025_remind_at_once")]

    operations = [
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="pack", name="pack_made_once"),
        migrations.AddConstraint(
            model_name="pack",
            constraint=models.UniqueConstraint(
                condition=models.Q(("failed", ""), ("finished_at", None)),
                fields=("by",),
                name="pack_made_once",
                violation_error_message="Du har allerede en pakke, der bliver lavet.",
            ),
        ),
    ]
