"""The content of old messages of Beskedfordeler may be deleted."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0008_drafted_incident"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="pushedmessage",
            name="append_only",
        ),
        migrations.AddIndex(
            model_name="pushedmessage",
            index=models.Index(
                condition=models.Q(("raw", b""), _negated=True),
                fields=["received_at"],
                name="pushed_message_with_content",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pushedmessage",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="900fd838eff7b500fbc5e915c9550152eb31b58f",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_8b8f0",
                    table="letters_pushedmessage",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pushedmessage",
            trigger=pgtrigger.compiler.Trigger(
                name="only_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_conflict" IS DISTINCT FROM (NEW."is_conflict") OR OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."problem" IS DISTINCT FROM (NEW."problem") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="213b1e5266857ae0a4ad5015b411fba56ce6081c",
                    operation="UPDATE",
                    pgid="pgtrigger_only_emptied_a9915",
                    table="letters_pushedmessage",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pushedmessage",
            trigger=pgtrigger.compiler.Trigger(
                name="never_refilled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.raw <> '')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f6b85d4e16ee200da3c25d2aab96a299d5673b70",
                    operation="UPDATE",
                    pgid="pgtrigger_never_refilled_ba21e",
                    table="letters_pushedmessage",
                    when="BEFORE",
                ),
            ),
        ),
    ]
