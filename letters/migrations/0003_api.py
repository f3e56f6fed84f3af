"""Tokens of systems, and messages of Beskedfordeler."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0002_tracking"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=80, verbose_name="system")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="aftryk")),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("afsendelser", "afsendelser"),
                                ("kvitteringer", "kvitteringer"),
                                ("beskedfordeler", "beskeder fra Beskedfordeler"),
                            ],
                            max_length=20,
                        ),
                        verbose_name="må sende",
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="udløber")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="oprettet")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="afsluttet")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="begrundelse")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="oprettet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "token",
                "verbose_name_plural": "tokens",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ApiTokenUse",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="letters.apitoken",
                    ),
                ),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="sidst brugt")),
            ],
            options={
                "verbose_name": "brug af token",
                "verbose_name_plural": "brug af tokens",
            },
        ),
        migrations.CreateModel(
            name="PushedMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.CharField(max_length=200, verbose_name="BeskedId")),
                ("digest", models.CharField(max_length=64, verbose_name="aftryk")),
                ("is_conflict", models.BooleanField(default=False, verbose_name="samme BeskedId, andet indhold")),
                ("problem", models.CharField(blank=True, max_length=500, verbose_name="problem")),
                ("raw", models.BinaryField(verbose_name="indhold, krypteret")),
                ("received_at", models.DateTimeField(verbose_name="modtaget")),
            ],
            options={
                "verbose_name": "besked fra Beskedfordeler",
                "verbose_name_plural": "beskeder fra Beskedfordeler",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("is_conflict", True), models.Q(("problem", ""), _negated=True), _connector="OR"
                        ),
                        fields=["-id"],
                        name="pushed_message_to_look_at",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_conflict", False)),
                        fields=("message_id",),
                        name="pushed_message_once",
                        violation_error_message="Beskeden er der allerede.",
                    ),
                    models.UniqueConstraint(
                        fields=("message_id", "digest"),
                        name="pushed_message_content_once",
                        violation_error_message="Beskeden er der allerede.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pushedmessage",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="54a7b14c0772357a724178c31db348e4a8c2658d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8b8f0",
                    table="letters_pushedmessage",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("system"),
                condition=models.Q(("ended_at", None)),
                name="api_token_once",
                violation_error_message="Systemet har allerede et token. Afslut det først, eller brug et andet navn.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__contained_by", ["afsendelser", "kvitteringer", "beskedfordeler"]), ("scopes__len__gt", 0)
                ),
                name="api_token_has_scopes",
                violation_error_message="Vælg, hvad systemet må sende.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("reason__regex", "\\S"), _connector="OR"),
                name="api_token_ended_for_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="record_inserts",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT made.id, '{}'::jsonb, audit_json(made) FROM made) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="13decfdd329f5f88058e3ea6352daa71f90671c9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_record_inserts_3a215",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="letters_apitoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="record_updates",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE audit_json(was) END,\n           CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE audit_json(became) END\n    FROM was FULL JOIN became ON became.id = was.id) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="d6fc6d3efac66a48e9d4907aab0dfba2d6652422",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_record_updates_697b2",
                    referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                    table="letters_apitoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="record_deletes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO audit_rowchange (table_name, row_id, before, after, by_id, login, at)\nSELECT TG_TABLE_NAME, one.id, audit_differing(one.before, one.after),\n       audit_differing(one.after, one.before),\n       nullif(current_setting('audit.done_by', true), '')::bigint, session_user, clock_timestamp()\nFROM (SELECT gone.id, audit_json(gone), '{}'::jsonb FROM gone) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;\nRETURN NULL;",
                    hash="8b3be8c25c7a35a7cfb8cd8b1fc36b8a2b23f3db",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_record_deletes_e2178",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="letters_apitoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="never_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="b62707a21cf5c8d2f743e09213ff0bf3fd5a093c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_5b001",
                    table="letters_apitoken",
                    when="BEFORE",
                ),
            ),
        ),
    ]
