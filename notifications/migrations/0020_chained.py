"""The ledgers of what was sent, and how, are in the chain."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0001_initial"),
        ("notifications", "0019_restored"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="ladderchange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="a5f80e3d7cb62616853e976e706a174a29ac66c1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_eda6c",
                    table="notifications_ladderchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ladderchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="9ca2b917184e604cdf764a4a0a88ee4f1fd37663",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_e81cf",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_ladderchange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mending",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="05cfb9dcba40d1c962864616c5066b847aa5721d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_a82b9",
                    table="notifications_mending",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mending",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="fb7688506a8693e69a76e5337f622c4507ea290e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_bcf2c",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_mending",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="noticetext",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="01847e1152ec51218164e6ecce83d76eb1015da7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_c4d06",
                    table="notifications_noticetext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="noticetext",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="3c8bd71208cfa0a38425c500fd4a98467ca676cb",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_11b6b",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_noticetext",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sendingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="33cc35eec58442880dd745e8d13677a8349ee545",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_95a2a",
                    table="notifications_sendingchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sendingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="7c260ac6ee2324e5cb7ec836ab44cbb88c240cf5",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_89f28",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_sendingchange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL("SELECT ledgers_begin('notifications_ladderchange')", ""),
        migrations.RunSQL("SELECT ledgers_begin('notifications_mending')", ""),
        migrations.RunSQL("SELECT ledgers_begin('notifications_noticetext')", ""),
        migrations.RunSQL("SELECT ledgers_begin('notifications_sendingchange')", ""),
    ]
