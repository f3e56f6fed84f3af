"""Who is away, from when until when, and who answers instead."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField
from django.db import migrations, models
from pgtrigger.compiler import Trigger, UpsertTriggerSql
from pgtrigger.migrations import AddTrigger


class Migration(migrations.Migration):
    dependencies = [
        ("ledgers", "0001_initial"),
        ("accounts", "0008_chained"),
    ]

    operations = [
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="fra og med")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="til og med")),
                ("said_at", models.DateTimeField(auto_now_add=True)),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fraværende",
                    ),
                ),
                (
                    "said_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "substitute",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="substitutions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stedfortræder",
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "fravær",
                "verbose_name_plural": "fravær",
                "ordering": ["first_day", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("substitute", models.F("person")), _negated=True),
                        name="absence_has_another_substitute",
                        violation_error_message="Man kan ikke være sin egen stedfortræder. Vælg en anden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last_day", None), ("last_day__gte", models.F("first_day")), _connector="OR"
                        ),
                        name="absence_ends_after_it_begins",
                        violation_error_message="Sidste dag ligger før første dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_back_at", None), ("taken_back_by", None)),
                            models.Q(("taken_back_at__isnull", False), ("taken_back_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="absence_taken_back_by_somebody",
                        violation_error_message="Det skal fremgå, hvem der tog fraværet tilbage.",
                    ),
                    ExclusionConstraint(
                        condition=models.Q(("taken_back_at", None)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("person"),
                                    models.F("person"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("first_day"),
                                    models.F("last_day"),
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="absence_one_at_a_time",
                        violation_error_message="Der er allerede et fravær i de dage. Tag det tilbage først.",
                    ),
                ],
            },
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="said_once",
                sql=UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."first_day" IS DISTINCT FROM (NEW."first_day") OR OLD."last_day" IS DISTINCT FROM (NEW."last_day") OR OLD."substitute_id" IS DISTINCT FROM (NEW."substitute_id") OR OLD."said_by_id" IS DISTINCT FROM (NEW."said_by_id") OR OLD."said_at" IS DISTINCT FROM (NEW."said_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4ccfc3b10900c2cf75709e348a43cf381635559f",
                    operation="UPDATE",
                    pgid="pgtrigger_said_once_0a23d",
                    table="accounts_absence",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="taken_back_once",
                sql=UpsertTriggerSql(
                    condition='WHEN (OLD."taken_back_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b02d704abc57bd2464cfb96eb5b954bcb5f35427",
                    operation="UPDATE",
                    pgid="pgtrigger_taken_back_once_b81a1",
                    table="accounts_absence",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="never_deleted",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="61ee4c2022a366fdef0611dd551c52b753b531a4",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_c0d46",
                    table="accounts_absence",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="told_when_made",
                sql=UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="6f87d71fe88c7fa759d5a12c2b2ae5c21d853da5",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_told_when_made_f04ee",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="accounts_absence",
                    when="AFTER",
                ),
            ),
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="told_when_altered",
                sql=UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT id, ledgers_json(was), ledgers_json(became) FROM was JOIN became USING (id)) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="8182aefdb4e19a35c18f098feba96313a9c0e21a",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_told_when_altered_abd40",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="accounts_absence",
                    when="AFTER",
                ),
            ),
        ),
        AddTrigger(
            model_name="absence",
            trigger=Trigger(
                name="told_when_gone",
                sql=UpsertTriggerSql(
                    func="\n            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)\n            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),\n                   ledgers_differing(one.after, one.before),\n                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()\n            FROM (SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\n            RETURN NULL;\n        ",
                    hash="44a41c76e4d4cfd3e4cf7547816114b1119414f9",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_told_when_gone_a44e5",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="accounts_absence",
                    when="AFTER",
                ),
            ),
        ),
    ]
