"""The texts that a desk answers with often."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0006_desk_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StandardAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "desk",
                    models.CharField(
                        choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                        max_length=10,
                        verbose_name="hvem svarer",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="navn")),
                ("text", models.TextField(verbose_name="tekst")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="rettet")),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rettet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "standardsvar",
                "verbose_name_plural": "standardsvar",
                "ordering": ["desk", "title", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("desk"),
                        django.db.models.functions.text.Lower("title"),
                        name="standard_answer_once",
                        violation_error_message="Der er allerede et standardsvar med det navn.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("desk__in", ["DIT", "HR", "KIT"])),
                        name="standard_answer_desk_known",
                        violation_error_message="Den, der svarer, findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title", ""), _negated=True), models.Q(("text", ""), _negated=True)
                        ),
                        name="standard_answer_says_something",
                        violation_error_message="Skriv et navn og en tekst.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standardanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="0df072584f6743b51bf509ba0c15f79fb703b776",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_f240c",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="followups_standardanswer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standardanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_altered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="1a848205770f0e0db005c26c4fd767b37d78f097",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_94773",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="followups_standardanswer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standardanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="told_when_gone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="8df5389a1600ea378648192bf33cd0c9bcdf1edf",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_59498",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="followups_standardanswer",
                    when="AFTER",
                ),
            ),
        ),
    ]
