"""Units, people, their roles and absences, and the files that tell of them."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateRangeField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.functions import Lower
from django.utils import timezone
from pgtrigger.compiler import Trigger, UpsertTriggerSql

from sepo_incident.core.sql_files import read_sql


def words(column):
    """Return the words of a column, also of what signs hold together."""
    template = "translate(%(expressions)s, '.@-_+''/&', '        ')"
    text = models.Func(models.F(column), template=template, output_field=models.TextField())
    return SearchVector(text, config="simple")


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="kode")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("MUNICIPALITY", "kommune"),
                            ("ADMINISTRATION", "forvaltning"),
                            ("AREA", "område"),
                            ("UNIT", "enhed"),
                            ("SUBUNIT", "underenhed"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("lineage", ArrayField(base_field=models.BigIntegerField(), default=list, editable=False)),
                ("sort_key", models.CharField(editable=False, max_length=250)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="children", to="accounts.unit"
                    ),
                ),
            ],
            options={
                "verbose_name": "enhed",
                "verbose_name_plural": "enheder",
                "indexes": [
                    GinIndex(fields=["lineage"], name="unit_lineage"),
                    GinIndex(words("name") + words("code"), name="unit_words"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("parent"),
                        Lower("name"),
                        name="unit_name_once_under_parent",
                        nulls_distinct=False,
                        violation_error_message="Der er allerede en enhed med det navn samme sted.",
                    ),
                    models.UniqueConstraint(
                        models.F("code"),
                        condition=models.Q(("code", ""), _negated=True),
                        name="unit_code_once",
                        violation_error_message="En anden enhed har allerede koden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["MUNICIPALITY", "ADMINISTRATION", "AREA", "UNIT", "SUBUNIT"])),
                        name="unit_kind_known",
                        violation_error_message="Den slags enhed findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="lineage_from_parent",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/accounts/sql/lineage_from_parent.sql"),
                            hash="a98b123e37bbe10a23f2a47f76973d5c07c2b78e",
                            operation='INSERT OR UPDATE OF "parent_id", "lineage"',
                            pgid="pgtrigger_lineage_from_parent_97a44",
                            table="accounts_unit",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="lineage_follows_a_move",
                        sql=UpsertTriggerSql(
                            condition='WHEN (OLD."lineage" IS DISTINCT FROM (NEW."lineage"))',
                            func="UPDATE accounts_unit SET lineage = '{}' WHERE parent_id = NEW.id; RETURN NULL;",
                            hash="8e9e9fa71558322a815c79839f87ecaa3b05e203",
                            operation='UPDATE OF "parent_id", "lineage"',
                            pgid="pgtrigger_lineage_follows_a_move_ef190",
                            table="accounts_unit",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("phone", models.CharField(blank=True, db_default="", max_length=16, verbose_name="telefon")),
                ("is_active", models.BooleanField(default=True, verbose_name="kan logge ind")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="første gang logget ind")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="people",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="fratrådt")),
                ("unreachable_since", models.DateTimeField(blank=True, null=True, verbose_name="kan ikke nås siden")),
                (
                    "unreachable_why",
                    models.CharField(blank=True, db_default="", max_length=200, verbose_name="hvorfor"),
                ),
                (
                    "address_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="adressen kendt siden"),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "personer",
                "indexes": [GinIndex(words("name") + words("email") + words("phone"), name="user_words")],
                "constraints": [
                    models.UniqueConstraint(
                        Lower("email"),
                        name="user_email_once",
                        violation_error_message="Der er allerede en person med den e-mail.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("unreachable_since", None), ("unreachable_why", "")),
                            models.Q(
                                ("unreachable_since__isnull", False), models.Q(("unreachable_why", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="user_unreachable_has_a_reason",
                        violation_error_message="Skriv, hvorfor mail ikke når personen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""), ("phone__regex", "^([0-9]{4} [0-9]{4}|\\+[0-9]{8,15})$"), _connector="OR"
                        ),
                        name="user_phone_is_whole",
                        violation_error_message="Skriv telefonnummeret med otte cifre: 7080 1234.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="fra og med")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="til og med")),
                ("registered_at", models.DateTimeField(auto_now_add=True)),
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
                    "registered_by",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                        violation_error_message="Skriv, hvem der annullerede fraværet.",
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
                        violation_error_message="Der er allerede et fravær i de dage. Annullér det først.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="bd1fc5b0cb6d644ddc4d47e4cc1af5f5df595f0e",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_0b038",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="accounts_absence",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="85446accfb1b15827d245f525acf43d088c3edb9",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_80acc",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="accounts_absence",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="3675a95d057ef7322f77aff40763b12b1890c2d5",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_95096",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="accounts_absence",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="852523972dc8b131685b2170ac3c4f73c3b56c1b",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_5a780",
                            table="accounts_absence",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_changed",
                        sql=UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."first_day" IS DISTINCT FROM (NEW."first_day") OR OLD."last_day" IS DISTINCT FROM (NEW."last_day") OR OLD."substitute_id" IS DISTINCT FROM (NEW."substitute_id") OR OLD."registered_by_id" IS DISTINCT FROM (NEW."registered_by_id") OR OLD."registered_at" IS DISTINCT FROM (NEW."registered_at"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="34a1f02f4e72b626ca4f225feda0bd0e47c3878e",
                            operation="UPDATE",
                            pgid="pgtrigger_never_changed_f1309",
                            table="accounts_absence",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
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
                    Trigger(
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
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", models.EmailField(max_length=254, verbose_name="gammel adresse")),
                ("new", models.EmailField(max_length=254, verbose_name="ny adresse")),
                (
                    "old_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="gammel adresse kendt siden"),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="email_changes", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "rettelse af adresse",
                "verbose_name_plural": "rettelser af adresser",
                "ordering": ["-pk"],
                "indexes": [models.Index(Lower("old"), name="email_change_old")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("old", models.F("new")), _negated=True), ("salt", None), _connector="OR"
                        ),
                        name="email_change_changes_it",
                        violation_error_message="Adressen er den samme som før.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{old,new}"),
                            hash="87fd655bb92ba2fff71e741848e52dba17a35c8f",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_291fe",
                            table="accounts_emailchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="b8c049874d62dd6908d1b28711d4849103214dbc",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_28a3f",
                            table="accounts_emailchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{old,new}",
                                rest="(line.content) - '{salt,old,new}'::text[]",
                            ),
                            hash="847242cbe9d0a902055787cfdda4622463d7b32b",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_f3534",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="accounts_emailchange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="adresse")),
                ("reason", models.TextField(verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="address_approvals", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "godkendelse af adresse",
                "verbose_name_plural": "godkendelser af adresser",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("reason", ""), _negated=True), ("salt", None), _connector="OR"),
                        name="address_approval_has_reason",
                        violation_error_message="Skriv hvorfor.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql", personal="{address,reason}"
                            ),
                            hash="99e42e33015f52ca0d69f3c0ec4d7347d17cc047",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c43b1",
                            table="accounts_addressapproval",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="51a7e0d39eaff17e51ed4474fbac24f18bddd917",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_91131",
                            table="accounts_addressapproval",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{address,reason}",
                                rest="(line.content) - '{salt,address,reason}'::text[]",
                            ),
                            hash="b9456734c8d34daaf5f34fc7022082efe30bf344",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_721f5",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="accounts_addressapproval",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="navn på listen")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="+", to="accounts.unit", verbose_name="ligger under"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="aliases", to="accounts.unit", verbose_name="enhed"
                    ),
                ),
            ],
            options={
                "verbose_name": "andet navn på enhed",
                "verbose_name_plural": "andre navne på enheder",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("parent"),
                        Lower("name"),
                        name="unit_alias_once_under_parent",
                        violation_error_message="Navnet hører allerede til en enhed dér.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("LEADER", "leder"),
                            ("COORDINATOR", "koordinator"),
                            ("KIT_ADMIN", "Koncern IT"),
                            ("DIT_SUPPORT", "DIT"),
                            ("HR", "Personalejura og Forhandling"),
                            ("READER", "læser"),
                        ],
                        max_length=20,
                        verbose_name="rolle",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("unit", models.ForeignKey(on_delete=models.CASCADE, related_name="memberships", to="accounts.unit")),
                (
                    "made_by_import",
                    models.BooleanField(db_default=False, default=False, verbose_name="givet af en liste over breve"),
                ),
                (
                    "made_by_staff_file",
                    models.BooleanField(db_default=False, default=False, verbose_name="givet af en personalefil"),
                ),
                (
                    "made_by_provider",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="givet af en gruppe i kommunens login"
                    ),
                ),
                (
                    "made_by_hand",
                    models.BooleanField(db_default=False, default=True, verbose_name="givet af en person"),
                ),
            ],
            options={
                "verbose_name": "medlemskab",
                "verbose_name_plural": "medlemskaber",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "unit", "role"),
                        name="membership_once",
                        violation_error_message="Personen har allerede den rolle i enheden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER"])
                        ),
                        name="membership_role_known",
                        violation_error_message="Den rolle findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("made_by_import", True),
                            ("made_by_staff_file", True),
                            ("made_by_provider", True),
                            ("made_by_hand", True),
                            _connector="OR",
                        ),
                        name="membership_has_a_source",
                        violation_error_message=(
                            "En rolle skal være givet af en liste, en personalefil, en gruppe "
                            "i kommunens login eller en person."
                        ),
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="6364f246dd0ca02e6ecd225ed6d10c78ba1f741d",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_b3420",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="accounts_membership",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="154a6be35859552fd2de93896c5f285851859319",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_423c3",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="accounts_membership",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="658195492930f9280de2c67c3d7a325eaffd883d",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_58cfb",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="accounts_membership",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="a0ac59f3a1554c69f4fdef16331112252cbf2c6f",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_e139b",
                            table="accounts_membership",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="fil")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("CHECKED", "venter på at blive gemt"),
                            ("COMMITTED", "gemt"),
                            ("DISCARDED", "kasseret"),
                        ],
                        default="CHECKED",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("is_everybody", models.BooleanField(default=False, verbose_name="filen har alle ansatte")),
                ("has_leaders", models.BooleanField(default=False, verbose_name="filen siger, hvem der er leder")),
                ("blank_rows", models.PositiveIntegerField(default=0, verbose_name="tomme rækker")),
                ("counts", models.JSONField(default=dict, verbose_name="antal")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("committed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "committed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "personalefil",
                "verbose_name_plural": "personalefiler",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["CHECKED", "COMMITTED", "DISCARDED"])),
                        name="staff_status_known",
                        violation_error_message="En personalefil venter, er gemt eller er kasseret.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("committed_at__isnull", False), ("status", "COMMITTED")),
                            models.Q(models.Q(("status", "COMMITTED"), _negated=True), ("committed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="staff_committed_has_time",
                        violation_error_message="En gemt personalefil skal have et tidspunkt.",
                    ),
                    models.UniqueConstraint(
                        models.F("status"),
                        condition=models.Q(("status", "CHECKED")),
                        name="staff_one_waits",
                        violation_error_message="Der venter allerede en personalefil.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField(verbose_name="række i Excel")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="navn")),
                ("phone", models.CharField(blank=True, max_length=16, verbose_name="telefon")),
                ("leads", models.BooleanField(default=False, verbose_name="er leder")),
                ("leader_name", models.CharField(blank=True, max_length=200, verbose_name="leder")),
                ("leader_email", models.CharField(blank=True, max_length=254, verbose_name="leders e-mail")),
                ("left_on", models.DateField(null=True, verbose_name="fratrådt")),
                ("problems", models.JSONField(default=list)),
                ("changes", models.JSONField(default=dict)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NEW", "ny"),
                            ("KNOWN", "kendt"),
                            ("CHANGED", "ændret"),
                            ("LEFT", "fratrådt"),
                            ("REJECTED", "afvist"),
                        ],
                        max_length=20,
                        verbose_name="resultat",
                    ),
                ),
                (
                    "staff_import",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="rows", to="accounts.staffimport"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.CASCADE, related_name="+", to="accounts.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["row"],
                "indexes": [models.Index(fields=["staff_import", "verdict"], name="staff_row_verdict")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("staff_import", "row"),
                        name="staff_row_once",
                        violation_error_message="Rækken er allerede læst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["", "NEW", "KNOWN", "CHANGED", "LEFT", "REJECTED"])),
                        name="staff_row_verdict_known",
                        violation_error_message="En række er ny, kendt, ændret, fratrådt eller afvist.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Impersonation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("KIT_ADMIN", "Koncern IT"), ("DIT_SUPPORT", "DIT")],
                        max_length=20,
                        verbose_name="rolle",
                    ),
                ),
                ("question", models.BigIntegerField(db_index=True, verbose_name="spørgsmål nr.")),
                ("at", models.DateTimeField(default=timezone.now, verbose_name="fra")),
                ("until", models.DateTimeField(verbose_name="senest til")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="som hvem"
                    ),
                ),
                (
                    "viewer",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="hvem så"
                    ),
                ),
            ],
            options={
                "verbose_name": "visning af siden som en anden",
                "verbose_name_plural": "visninger af siden som en anden",
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("viewer", models.F("person")), _negated=True),
                        name="viewing_as_somebody_else",
                        violation_error_message="Det er dig selv. Vælg en anden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["KIT_ADMIN", "DIT_SUPPORT"])),
                        name="viewing_by_support",
                        violation_error_message="Kun DIT og Koncern IT kan se siden som en anden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("at"))),
                        name="viewing_ends_after_it_begins",
                        violation_error_message="Visningen slutter, før den begynder.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="890a20c45c7448433c973a1f4d714639294a6267",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_48164",
                            table="accounts_impersonation",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="e8a9c862342dab413f1f3d63cd4984ea8c2d4d35",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_2a5c1",
                            table="accounts_impersonation",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="5dbe900d3dda4594f4c1293e37e1041a249bb591",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_2fb98",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="accounts_impersonation",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.CharField(max_length=200, verbose_name="gruppe")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to="accounts.unit", verbose_name="enhed"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("LEADER", "leder"),
                            ("COORDINATOR", "koordinator"),
                            ("KIT_ADMIN", "Koncern IT"),
                            ("DIT_SUPPORT", "DIT"),
                            ("HR", "Personalejura og Forhandling"),
                            ("READER", "læser"),
                        ],
                        max_length=20,
                        verbose_name="rolle",
                    ),
                ),
            ],
            options={
                "verbose_name": "gruppe, der giver en rolle",
                "verbose_name_plural": "grupper, der giver roller",
                "ordering": ["group", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER"])
                        ),
                        name="group_role_known",
                        violation_error_message="Den rolle findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("group__regex", "\\S")),
                        name="group_role_has_a_group",
                        violation_error_message="Skriv, hvad gruppen hedder i kommunens login.",
                    ),
                    models.UniqueConstraint(
                        fields=("group", "unit", "role"),
                        name="group_role_once",
                        violation_error_message="Gruppen giver allerede den rolle.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_record_inserts_ffeb2",
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            table="accounts_grouprole",
                            when="AFTER",
                            operation="INSERT",
                            referencing="REFERENCING NEW TABLE AS made ",
                            level="STATEMENT",
                            hash="2daea3f5d68d5cbb171f1f333e7b574fc8b251a4",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_record_updates_436f7",
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            table="accounts_grouprole",
                            when="AFTER",
                            operation="UPDATE",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            level="STATEMENT",
                            hash="8fed68a92594eabba785080bc15bc547516cfc54",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_record_deletes_df07c",
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            table="accounts_grouprole",
                            when="AFTER",
                            operation="DELETE",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            level="STATEMENT",
                            hash="030843c46e40a0ff47a6217384ce2aab65549e7e",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_never_emptied_a786f",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            table="accounts_grouprole",
                            when="BEFORE",
                            operation="TRUNCATE",
                            level="STATEMENT",
                            hash="437e507a25a6c47c60c4fa0f47f074ebba9b752e",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefusedIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="refused_identities", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("issuer", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=191)),
                ("at", models.DateTimeField(verbose_name="sidst")),
            ],
            options={
                "verbose_name": "afvist login",
                "verbose_name_plural": "afviste logins",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "issuer", "subject"),
                        name="refused_identity_once",
                        violation_error_message="Det login er allerede afvist.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="access_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("group", models.CharField(blank=True, max_length=200, verbose_name="gruppe")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ROLE_GIVEN", "Rolle givet"),
                            ("ROLE_TAKEN", "Rolle fjernet"),
                            ("SIGNED_OUT", "Logget ud alle steder"),
                            ("SECOND_FACTOR_REMOVED", "Nøgler og app fjernet"),
                            ("IDENTITY_REBOUND", "Nyt login godkendt"),
                        ],
                        max_length=30,
                        verbose_name="hvad",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to="accounts.unit", verbose_name="enhed"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("LEADER", "leder"),
                            ("COORDINATOR", "koordinator"),
                            ("KIT_ADMIN", "Koncern IT"),
                            ("DIT_SUPPORT", "DIT"),
                            ("HR", "Personalejura og Forhandling"),
                            ("READER", "læser"),
                        ],
                        max_length=20,
                        verbose_name="rolle",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="begrundelse")),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "ændring af adgang",
                "verbose_name_plural": "ændringer af adgang",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["ROLE_GIVEN", "ROLE_TAKEN", "SIGNED_OUT", "SECOND_FACTOR_REMOVED", "IDENTITY_REBOUND"],
                            )
                        ),
                        name="access_change_kind_known",
                        violation_error_message="Den ændring findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["ROLE_GIVEN", "ROLE_TAKEN"]),
                                ("role__in", ["LEADER", "COORDINATOR", "KIT_ADMIN", "DIT_SUPPORT", "HR", "READER"]),
                                ("unit__isnull", False),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["ROLE_GIVEN", "ROLE_TAKEN"]), _negated=True),
                                ("person__isnull", False),
                                ("role", ""),
                                ("unit", None),
                            ),
                            _connector="OR",
                        ),
                        name="access_change_of_a_role",
                        violation_error_message="Vælg en rolle og en enhed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group", ""), ("person__isnull", False)),
                            models.Q(("person", None), models.Q(("group", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="access_change_for_somebody",
                        violation_error_message="Rollen er til en person eller til en gruppe.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S"), ("salt", None), _connector="OR"),
                        name="access_change_has_a_reason",
                        violation_error_message="Skriv en begrundelse.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "SECOND_FACTOR_REMOVED"), _negated=True),
                            models.Q(("person", models.F("by")), _negated=True),
                            _connector="OR",
                        ),
                        name="access_change_not_own_second_factor",
                        violation_error_message="En anden fra Koncern IT skal fjerne dine nøgler og din app.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_append_only_119ef",
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{reason}"),
                            table="accounts_accesschange",
                            when="BEFORE",
                            operation="UPDATE OR DELETE",
                            hash="dcb5e93abf48d79e7a7473e21473726183bfb0e7",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_never_emptied_42660",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            table="accounts_accesschange",
                            when="BEFORE",
                            operation="TRUNCATE",
                            level="STATEMENT",
                            hash="d9e6b276234fb309ef7078478f8a6ef11f16c056",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            pgid="pgtrigger_chained_3adfa",
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{reason}",
                                rest="(line.content) - '{salt,reason}'::text[]",
                            ),
                            table="accounts_accesschange",
                            when="AFTER",
                            operation="INSERT",
                            referencing="REFERENCING NEW TABLE AS written ",
                            level="STATEMENT",
                            hash="8639c92b1bc46fb29c24ddb9f0ce5a37d08d3f9b",
                        ),
                    ),
                ],
            },
        ),
    ]
