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
                            hash="2c231d2bedbf14533be08a72882117c420b26528",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_89b97",
                            table="audit_statement",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="d1e2624988a76f2b6a871466538442666b30d40d",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_b3004",
                            table="audit_statement",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="enqueue_link",
                        sql=UpsertTriggerSql(
                            constraint="CONSTRAINT",
                            func="INSERT INTO audit_pendinglink (statement_id) VALUES (NEW.id); RETURN NULL;",
                            hash="c9505ed6ff1d88f01b69c0260d55103856a767db",
                            operation="INSERT",
                            pgid="pgtrigger_enqueue_link_3dc67",
                            table="audit_statement",
                            timing="DEFERRABLE INITIALLY DEFERRED",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingLink",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="audit.statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "tur",
                "verbose_name_plural": "ture",
                "triggers": [
                    Trigger(
                        name="add_link",
                        sql=UpsertTriggerSql(
                            constraint="CONSTRAINT",
                            func=(
                                "INSERT INTO audit_link (statement_id) VALUES (NEW.statement_id);\n"
                                "DELETE FROM audit_pendinglink WHERE statement_id = NEW.statement_id;\n"
                                "RETURN NULL;"
                            ),
                            hash="e7c9d37b57b1315fb764702db0dca3a2e62d94e4",
                            operation="INSERT",
                            pgid="pgtrigger_add_link_9b2cd",
                            table="audit_pendinglink",
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
                    models.OneToOneField(on_delete=models.PROTECT, related_name="link", to="audit.statement"),
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
                            hash="63278644e0bed375aa4b634cff6b547cf53a1b39",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_aec60",
                            table="audit_link",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="ca3b56f487d5434a44b38b473c48438e1f0e4d6c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_c5342",
                            table="audit_link",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="compute_link",
                        sql=UpsertTriggerSql(
                            declare="DECLARE head audit_link%ROWTYPE; statement audit_statement%ROWTYPE;",
                            func=read_sql("sepo_incident/audit/sql/compute_link.sql"),
                            hash="0a6067c152ca3c5ed01703d8d03f3e00b8f3157e",
                            operation="INSERT",
                            pgid="pgtrigger_compute_link_705e2",
                            table="audit_link",
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
                            hash="81afe9755e0aad57bc09c0dad4c4dba1c03a3481",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_8e75a",
                            table="audit_check",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="39336b63345cea7cc0e863ae79cc0952762819df",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_4dbd4",
                            table="audit_check",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="set_time",
                        sql=UpsertTriggerSql(
                            func="NEW.at := clock_timestamp(); RETURN NEW;",
                            hash="5ca0d3a6a7280827bdd892faabc02d67b52b9aab",
                            operation="INSERT",
                            pgid="pgtrigger_set_time_f595e",
                            table="audit_check",
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
                        violation_error_message="Skriv, hvorfor du sletter det.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="bc4ed9b709fa75e08ea7eb8ac47114cc3575905e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_168b2",
                            table="audit_erasure",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="c8ae0238d885171e612e3de55aa35d78237a4cc7",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_4bafc",
                            table="audit_erasure",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="cb5005245246b9b4cef37ccdd1710f7116a7c16f",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_e355f",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="audit_erasure",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="erases",
                        sql=UpsertTriggerSql(
                            func=(
                                "PERFORM audit_empty(one.ledger, one.personal, one.ids)\n"
                                "FROM (SELECT ledger, personal, array_agg(row_id) AS ids FROM written GROUP BY 1, 2) AS one;\n"
                                "RETURN NULL;"
                            ),
                            hash="8f726a1ce67a2da7e5a1ff4400339c7044a67873",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_erases_e7b28",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="audit_erasure",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RowChange",
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
                "indexes": [models.Index(fields=["table_name", "-id"], name="row_change_table")],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql",
                                personal="{before.answer,before.contact_name,before.email,before.known,before.personnel_contact,before.personnel_phone,before.phone,before.reason,before.signed_by,before.source,before.statement,before.support_email,before.text,before.title,before.unknown,before.words,after.answer,after.contact_name,after.email,after.known,after.personnel_contact,after.personnel_phone,after.phone,after.reason,after.signed_by,after.source,after.statement,after.support_email,after.text,after.title,after.unknown,after.words}",
                            ),
                            hash="c6e7595db86cc83a4045b2587d4254339e05ed97",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6dd27",
                            table="audit_rowchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="a8231b2662133d7f705046a21a39ec01b7a39f91",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_20587",
                            table="audit_rowchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{before.answer,before.contact_name,before.email,before.known,before.personnel_contact,before.personnel_phone,before.phone,before.reason,before.signed_by,before.source,before.statement,before.support_email,before.text,before.title,before.unknown,before.words,after.answer,after.contact_name,after.email,after.known,after.personnel_contact,after.personnel_phone,after.phone,after.reason,after.signed_by,after.source,after.statement,after.support_email,after.text,after.title,after.unknown,after.words}",
                                rest="((line.content) - '{salt,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.content) -> 'before') WHEN 'object' THEN ((line.content) -> 'before') - '{answer,contact_name,email,known,personnel_contact,personnel_phone,phone,reason,signed_by,source,statement,support_email,text,title,unknown,words}'::text[] ELSE (line.content) -> 'before' END, 'after', CASE jsonb_typeof((line.content) -> 'after') WHEN 'object' THEN ((line.content) -> 'after') - '{answer,contact_name,email,known,personnel_contact,personnel_phone,phone,reason,signed_by,source,statement,support_email,text,title,unknown,words}'::text[] ELSE (line.content) -> 'after' END)",
                            ),
                            hash="fb9382333011f94b24e43ff7f084eb182dad8f15",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_40cac",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="audit_rowchange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        # After the tables: a function takes a row of one.
        migrations.RunSQL(read_sql("sepo_incident/audit/sql/functions.sql")),
    ]
