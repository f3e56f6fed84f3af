"""Units, people, their roles, and staff files: seven steps folded into one."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.functions import Lower
from pgtrigger.compiler import Trigger, UpsertTriggerSql


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_membership_made_by_import"),
        ("accounts", "0003_who_left"),
        ("accounts", "0004_unit_alias"),
        ("accounts", "0005_staff_files"),
        ("accounts", "0006_known_values"),
        ("accounts", "0007_reachable"),
    ]

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
                "indexes": [GinIndex(fields=["lineage"], name="unit_lineage")],
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
                        violation_error_message="Koden er allerede brugt af en anden enhed.",
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
                            func="""
                    NEW.lineage := coalesce((SELECT lineage FROM accounts_unit WHERE id = NEW.parent_id), '{}')
                                   || NEW.id;
                    IF array_position(NEW.lineage, NEW.id) < array_length(NEW.lineage, 1) THEN
                        RAISE EXCEPTION 'En enhed kan ikke ligge under sig selv' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
                            hash="8ed0f2f92f3121deba635ec9b49d9c9bf74c2fb4",
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
                ("is_active", models.BooleanField(default=True, verbose_name="kan logge på")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="første gang logget på")),
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
            ],
            options={
                "verbose_name": "rettelse af adresse",
                "verbose_name_plural": "rettelser af adresser",
                "ordering": ["-pk"],
                "indexes": [models.Index(Lower("old"), name="email_change_old")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("old", models.F("new")), _negated=True),
                        name="email_change_changes_it",
                        violation_error_message="Det er den adresse, der står i forvejen.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="5787a735208d08cc5d143053a7fe18d57db5d9a5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_291fe",
                            table="accounts_emailchange",
                            when="BEFORE",
                        ),
                    )
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
                        violation_error_message="Navnet betyder allerede en enhed dér.",
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
                ("is_everybody", models.BooleanField(default=False, verbose_name="alle ansatte står i filen")),
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
                        fields=("staff_import", "row"), name="staff_row_once", violation_error_message="Rækken er læst."
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["", "NEW", "KNOWN", "CHANGED", "LEFT", "REJECTED"])),
                        name="staff_row_verdict_known",
                        violation_error_message="En række er ny, kendt, ændret, fratrådt eller afvist.",
                    ),
                ],
            },
        ),
    ]
