"""The chain through the ledgers, the ledger of tables that have none, and the functions of their triggers."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.models.functions import Now
from django.utils import timezone
from pgtrigger.compiler import Trigger, UpsertTriggerSql

from sepo_incident.core.sql_files import read_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=63, verbose_name="tabel")),
                ("columns", ArrayField(base_field=models.TextField(), verbose_name="kolonner")),
                ("ids", ArrayField(base_field=models.BigIntegerField(), verbose_name="rækker")),
                ("digests", ArrayField(base_field=models.BinaryField(), verbose_name="rækkernes aftryk")),
                ("at", models.DateTimeField(verbose_name="skrevet")),
                ("personal", ArrayField(base_field=models.TextField(), db_default=[], verbose_name="personligt")),
                (
                    "sealed",
                    ArrayField(
                        base_field=models.BinaryField(), null=True, verbose_name="rækkernes aftryk med det personlige"
                    ),
                ),
            ],
            options={
                "verbose_name": "sæt af rækker",
                "verbose_name_plural": "sæt af rækker",
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="e93f4602dd8acda3dee73fb73de6e080fb38f656",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_866c9",
                            table="ledgers_statement",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="ecc49fb1f807ba0158cf14774512bee4d7e2ad6e",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_0ace4",
                            table="ledgers_statement",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="takes_turn",
                        sql=UpsertTriggerSql(
                            constraint="CONSTRAINT",
                            func="INSERT INTO ledgers_turn (statement_id) VALUES (NEW.id); RETURN NULL;",
                            hash="a0250f4064475147deacd0b363a3e4f0ce9c4931",
                            operation="INSERT",
                            pgid="pgtrigger_takes_turn_03685",
                            table="ledgers_statement",
                            timing="DEFERRABLE INITIALLY DEFERRED",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledgers.statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "tur",
                "verbose_name_plural": "ture",
                "triggers": [
                    Trigger(
                        name="linked",
                        sql=UpsertTriggerSql(
                            constraint="CONSTRAINT",
                            func=read_sql("sepo_incident/audit/sql/linked.sql"),
                            hash="6221bdc143e0cb92287bc85a93cd58de7dee026f",
                            operation="INSERT",
                            pgid="pgtrigger_linked_64942",
                            table="ledgers_turn",
                            timing="DEFERRABLE INITIALLY DEFERRED",
                            when="AFTER",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="nummer")),
                ("previous", models.BinaryField(verbose_name="aftryk af leddet før")),
                ("hash", models.BinaryField(verbose_name="aftryk")),
                (
                    "statement",
                    models.OneToOneField(on_delete=models.PROTECT, related_name="link", to="ledgers.statement"),
                ),
            ],
            options={
                "verbose_name": "led",
                "verbose_name_plural": "led",
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="601cca2413934adf029841efa3a911f771737567",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_1158a",
                            table="ledgers_link",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="59af38f4e1984396c4c5fbf1aef6d19e5e0ac4e0",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_f3032",
                            table="ledgers_link",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="next_in_line",
                        sql=UpsertTriggerSql(
                            declare="DECLARE head ledgers_link%ROWTYPE; said ledgers_statement%ROWTYPE;",
                            func=read_sql("sepo_incident/audit/sql/next_in_line.sql"),
                            hash="2a7b19fafbf6876b55f80c48076ab1cdbbf7f8e7",
                            operation="INSERT",
                            pgid="pgtrigger_next_in_line_1bd5e",
                            table="ledgers_link",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(verbose_name="led")),
                ("hash", models.BinaryField(verbose_name="det sidste leds aftryk")),
                ("rows", models.BigIntegerField(verbose_name="rækker, der blev set på")),
                ("is_whole", models.BooleanField(verbose_name="hele kæden")),
                ("at", models.DateTimeField(db_default=Now(), editable=False, verbose_name="hvornår")),
            ],
            options={
                "verbose_name": "tjek af kæden",
                "verbose_name_plural": "tjek af kæden",
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0eed9e704363a8b3d7a09ba73062a9ef88f1f462",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_74a99",
                            table="ledgers_check",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="2f659baa83490b8b05c8ac101fe982fe2090e264",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_51577",
                            table="ledgers_check",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="at_its_time",
                        sql=UpsertTriggerSql(
                            func="NEW.at := clock_timestamp(); RETURN NEW;",
                            hash="3152e9b7d5a4f083ef4a8d2c104a3fa5216ecc9a",
                            operation="INSERT",
                            pgid="pgtrigger_at_its_time_2e779",
                            table="ledgers_check",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=63, verbose_name="tabel")),
                ("row_id", models.BigIntegerField(verbose_name="række")),
                ("personal", ArrayField(base_field=models.TextField(), verbose_name="hvad")),
                ("reason", models.CharField(max_length=200, verbose_name="begrundelse")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="af")),
                ("at", models.DateTimeField(default=timezone.now, verbose_name="hvornår")),
            ],
            options={
                "verbose_name": "sletning",
                "verbose_name_plural": "sletninger",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ledger", "row_id"),
                        name="erasure_once",
                        violation_error_message="Det personlige i rækken er allerede slettet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="erasure_has_reason",
                        violation_error_message="Skriv, hvorfor det slettes.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="898f284f1d8e4dae1104401b82cd05365f4bf494",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f08db",
                            table="ledgers_erasure",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="46926138a73fd37ba92741f5336998e69d9c5a6a",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_e86ad",
                            table="ledgers_erasure",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/chained.sql"),
                            hash="c10897c8656dcc8cc05c695fa3372a2c4d09fb4d",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_60053",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="ledgers_erasure",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="erases",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/erases.sql"),
                            hash="c99913358399cd6f69a0ddc890dec3e962011e81",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_erases_97548",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="ledgers_erasure",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(max_length=63, verbose_name="tabel")),
                ("row_id", models.BigIntegerField(verbose_name="række")),
                ("before", models.JSONField(default=dict, verbose_name="før")),
                ("after", models.JSONField(default=dict, verbose_name="efter")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="af")),
                ("login", models.CharField(max_length=63, verbose_name="forbundet som")),
                ("at", models.DateTimeField(verbose_name="hvornår")),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "ændring",
                "verbose_name_plural": "ændringer",
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/only_emptied.sql",
                                personal="{before.personnel_contact,before.personnel_phone,before.signed_by,before.source,before.support_email,before.text,before.title,before.words,after.personnel_contact,after.personnel_phone,after.signed_by,after.source,after.support_email,after.text,after.title,after.words}",
                            ),
                            hash="f246e6a3d5e6db72617281c8be3c9e6c7588d6b5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0e1b1",
                            table="ledgers_change",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="f302a3cf699f2571181762b766c22d007c13734a",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_0e359",
                            table="ledgers_change",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/sealed.sql",
                                personal="{before.personnel_contact,before.personnel_phone,before.signed_by,before.source,before.support_email,before.text,before.title,before.words,after.personnel_contact,after.personnel_phone,after.signed_by,after.source,after.support_email,after.text,after.title,after.words}",
                                rest="((line.said) - '{salt,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.said) -> 'before') WHEN 'object' THEN ((line.said) -> 'before') - '{personnel_contact,personnel_phone,signed_by,source,support_email,text,title,words}'::text[] ELSE (line.said) -> 'before' END, 'after', CASE jsonb_typeof((line.said) -> 'after') WHEN 'object' THEN ((line.said) -> 'after') - '{personnel_contact,personnel_phone,signed_by,source,support_email,text,title,words}'::text[] ELSE (line.said) -> 'after' END)",
                            ),
                            hash="3865f6dcb0d6f99d70e57e670b24db623921dd96",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_3bb7b",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="ledgers_change",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        # After the tables: a function takes a row of one.
        migrations.RunSQL(read_sql("sepo_incident/audit/sql/functions.sql")),
    ]
