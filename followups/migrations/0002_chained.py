"""The ledgers of decisions and questions are in the chain, and no follow-up moves without its line."""

import django.core.serializers.json
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0001_initial"),
        ("followups", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="before",
            field=models.JSONField(
                default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="før"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="c6ce9570889b780e5b055e4561f96e0a2589e956",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_946bc",
                    table="followups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="60446acfa42423971a6db90329ba7dcbc40c50b1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_a3cc5",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_decision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="fc7b415522eb7ef26ec6b3d857e97c56ec5c170e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_76762",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="followups_escalation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_altered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="03654a67c732683bba088e3f49de30e03f21e285",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_797e7",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="followups_escalation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_gone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="1f505f239f8e52a7137f41a84a4db28df6fe02b1",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_0da3f",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="followups_escalation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalationentry",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="bc662dd5112b73276e70b5805be7c366f3b7d4ce",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_3733c",
                    table="followups_escalationentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalationentry",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="02ba7ab4b97e549b023288c649503742b2a8ea81",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_0b823",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_escalationentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="followup",
            trigger=pgtrigger.compiler.Trigger(
                name="told_in_the_ledger",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (to_jsonb(OLD) - ARRAY['due_on', 'opened_at'] <> to_jsonb(NEW) - ARRAY['due_on', 'opened_at'])",
                    func="\n        IF NEW.version <= OLD.version OR NOT EXISTS (\n            SELECT FROM followups_decision WHERE followup_id = NEW.id AND version = NEW.version\n        ) THEN\n            RAISE EXCEPTION 'Opfølgning % kan ikke ændres uden en linje i dens historik.', NEW.id\n            USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="c8c95da7ed3384091b6657259c6ca79706131338",
                    operation="UPDATE",
                    pgid="pgtrigger_told_in_the_ledger_768ee",
                    table="followups_followup",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL("SELECT ledgers_begin('followups_decision')", ""),
        migrations.RunSQL("SELECT ledgers_begin('followups_escalationentry')", ""),
    ]
