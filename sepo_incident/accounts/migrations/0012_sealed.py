"""What is personal in a corrected address is sealed."""

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0003_sealed"),
        ("accounts", "0011_viewing"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="emailchange",
            name="append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="emailchange",
            name="chained",
        ),
        migrations.RemoveConstraint(
            model_name="emailchange",
            name="email_change_changes_it",
        ),
        migrations.AddField(
            model_name="emailchange",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
                verbose_name="salt",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emailchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{old,new}')\n                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\n            THEN\n                RETURN NEW;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="6f3821f74d6dab773aafcf0dd8d6979abb5f23c8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_291fe",
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
                    func="\n                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n                    USING ERRCODE = 'integrity_constraint_violation';\n                END IF;\n                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)\n                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{old,new}',\n                       array_agg(line.id ORDER BY line.id),\n                       array_agg(sha256(convert_to(((line.said) - '{salt,old,new}'::text[])::text, 'UTF8')) ORDER BY line.id),\n                       array_agg(sha256(convert_to((line.said)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\n                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;\n                RETURN NULL;\n            ",
                    hash="260c7d2be3cf4e346327effab4afc1e8e7b74804",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_f3534",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="accounts_emailchange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="emailchange",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("old", models.F("new")), _negated=True), ("salt", None), _connector="OR"),
                name="email_change_changes_it",
                violation_error_message="Det er den adresse, der står i forvejen.",
            ),
        ),
        migrations.RunSQL("SELECT ledgers_seal('accounts_emailchange', '{old,new}')", ""),
    ]
