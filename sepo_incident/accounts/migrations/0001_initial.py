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
                ("made_by_import", models.BooleanField(default=False, verbose_name="givet af en liste")),
                (
                    "made_by_staff_file",
                    models.BooleanField(db_default=False, default=False, verbose_name="givet af en personalefil"),
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
    ]
