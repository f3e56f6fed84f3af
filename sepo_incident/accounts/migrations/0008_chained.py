"""The ledger of addresses is in the chain, and each role that comes or goes is told."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0001_initial"),
        ("accounts", "0001_squashed_0007_reachable"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="emailchange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="b8c049874d62dd6908d1b28711d4849103214dbc",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_28a3f",
                    table="accounts_emailchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emailchange",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="0b98ccb96345fc2c9943c28304dd55b16a8eb5f2",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_f3534",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="accounts_emailchange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="37e1900969516f653e1880eb8ca356bec421c1ba",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_0c436",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="accounts_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_altered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="659d64f43c4dfdeb0ea32936a9a0737deddaaf30",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_81a63",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="accounts_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_gone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="8dc5c584e3cb10a14f4ec2d3b66d4895401f7058",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_8d126",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="accounts_membership",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL("SELECT ledgers_begin('accounts_emailchange')", ""),
    ]
