"""Each day's proof that somebody can answer for every open letter."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0025_chained"),
        ("notifications", "0020_chained"),
    ]

    operations = [
        migrations.CreateModel(
            name="Proof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="dag")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("letters", models.PositiveIntegerField(verbose_name="åbne breve")),
                (
                    "nobodys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, verbose_name="uden nogen, der kan svare"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proofs", to="letters.incident"
                    ),
                ),
            ],
            options={
                "verbose_name": "bevis",
                "verbose_name_plural": "beviser",
                "ordering": ["-on"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "on"),
                        name="proof_once_a_day",
                        violation_error_message="Brevene er allerede gennemgået den dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "letters__gte",
                                models.Func("nobodys", function="cardinality", output_field=models.IntegerField()),
                            )
                        ),
                        name="proof_found_no_more_than_there_are",
                        violation_error_message="Der kan ikke være flere breve uden nogen end åbne breve.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proof",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d0e000e466c30b52264ba501d13aa20a3a8332c9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b458d",
                    table="notifications_proof",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proof",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="e7601bbe80f5852510965d4a2cac05db6cacac6e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_d7df8",
                    table="notifications_proof",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proof",
            trigger=pgtrigger.compiler.Trigger(
                name="chained",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)\n        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),\n               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()\n        FROM written AS line HAVING count(*) > 0;\n        RETURN NULL;\n    ",
                    hash="5523933cb69312e5ec8f5dc0ee0f0687ff9d496b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_826f2",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="notifications_proof",
                    when="AFTER",
                ),
            ),
        ),
    ]
