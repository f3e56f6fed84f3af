"""Who closed an alarm of silence, and the change log of the alarms."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0004_silence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField("silencealarm", "close_reason", "reason"),
        migrations.AddField(
            model_name="silencealarm",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="lukket af",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="silencealarm",
            trigger=pgtrigger.compiler.Trigger(
                name="record_inserts",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT made.id, '{}'::jsonb, audit_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="504829ca702283d89adbe5a69cd4925e92d27a22",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_record_inserts_458e1",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="letters_silencealarm",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="silencealarm",
            trigger=pgtrigger.compiler.Trigger(
                name="record_updates",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE audit_json(was) END,\n           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE audit_json(became) END\n    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="c24364da4f586f74300edb269f23dd41ce002ad2",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_record_updates_0125f",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="letters_silencealarm",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="silencealarm",
            trigger=pgtrigger.compiler.Trigger(
                name="record_deletes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT gone.id, audit_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="838a7164a01276318f8475a264a5f492dd6c3b8c",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_record_deletes_a5b3b",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="letters_silencealarm",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="silencealarm",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="351ba7b56f64b83dd577a447a94773a4393ba994",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_1dc54",
                    table="letters_silencealarm",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="silencealarm",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_at", None), ("reason__regex", "\\S"), _connector="OR"),
                name="silence_closed_for_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
        ),
    ]
