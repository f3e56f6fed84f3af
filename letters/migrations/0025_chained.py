"""The ledgers of letters and deadlines are in the chain, and each change of an incident or a rule is told."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0001_initial"),
        ("letters", "0024_clocks"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="categoryrule",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="95b66a1ef2518a5749416c9f8df4620615caf567",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_95e26",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="letters_categoryrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="categoryrule",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_altered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="cc833967bb65daa0ca985f9f7c25a38ebea371b6",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_8ceb6",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="letters_categoryrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="categoryrule",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_gone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="b03e5de578b2e17ac412314583fe8c8aa0a9d0e5",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_91e61",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="letters_categoryrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlinechange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="01b66eff5f925b7cc2081641fac2bfc2422d92d8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_5e7b0",
                    table="letters_deadlinechange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deadlinechange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="64625a187e4252fa2159fd1ea92daabf363d764b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_24ed3",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_deadlinechange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="d43621213d7c462a716a20e81402f0e9818d670d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_0576b",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="letters_incident",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_altered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="41082c872689a278fa91d1def0762eb41c9a629f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_3e5af",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="letters_incident",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_gone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="a9e4e6d603254a9dfef52bb1cfe6ac40051c8193",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_9dacc",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="letters_incident",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="letterchange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="061fac21f22b96b0ce7f182bdb31091cf87c02ef",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_4114c",
                    table="letters_letterchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="letterchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="a9a512ae80b3bb15e4eb8fe151f8fd9eff76c7c1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_e9c33",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="letters_letterchange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL("SELECT ledgers_begin('letters_deadlinechange')", ""),
        migrations.RunSQL("SELECT ledgers_begin('letters_letterchange')", ""),
    ]
