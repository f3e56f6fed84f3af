"""Incidents, the lists of their letters, the letters, and what was changed in them."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Lower
from django.db.models.lookups import Regex
from pgtrigger.compiler import Trigger, UpsertTriggerSql

from sepo_incident.core.sql_files import read_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="kortnavn")),
                ("title", models.CharField(max_length=200, verbose_name="titel")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("NOT_ARRIVED", "Brevene kom ikke frem"),
                            ("LATE", "Brevene kom for sent frem"),
                            ("WRONG_RECIPIENT", "Brevene kom til forkerte modtagere"),
                            ("WRONG_CONTENT", "Brevene havde forkert indhold"),
                            ("SENT_TWICE", "Brevene blev sendt to gange"),
                        ],
                        default="NOT_ARRIVED",
                        max_length=20,
                        verbose_name="hvad der gik galt",
                    ),
                ),
                ("system", models.CharField(default="SEPO", max_length=60, verbose_name="system")),
                ("first_day", models.DateField(verbose_name="første dag")),
                ("last_day", models.DateField(verbose_name="sidste dag")),
                ("deadline", models.DateField(verbose_name="frist")),
                (
                    "status",
                    models.CharField(
                        choices=[("PREPARING", "under forberedelse"), ("OPEN", "åben"), ("CLOSED", "afsluttet")],
                        default="PREPARING",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("case_number", models.CharField(blank=True, max_length=40, verbose_name="journalnummer")),
                ("support_email", models.EmailField(default="DIT@buf.kk.dk", max_length=254, verbose_name="support")),
                (
                    "personnel_contact",
                    models.CharField(
                        default="Personalejura og Forhandling i Koncernservice",
                        max_length=120,
                        verbose_name="kontakt i personalesager",
                    ),
                ),
                (
                    "personnel_phone",
                    models.CharField(default="7080 8000", max_length=20, verbose_name="telefon i personalesager"),
                ),
                ("signed_by", models.CharField(default="Koncern IT", max_length=80, verbose_name="underskrift")),
                (
                    "guide_url",
                    models.URLField(blank=True, help_text="Tom: vores egen side.", verbose_name="vejledning"),
                ),
                (
                    "draft_url",
                    models.URLField(
                        blank=True, help_text="Tom: vores egen side.", verbose_name="udkast til modtageren"
                    ),
                ),
                ("shows_public_figures", models.BooleanField(default=False, verbose_name="tal på forsiden")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "hændelse",
                "verbose_name_plural": "hændelser",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["NOT_ARRIVED", "LATE", "WRONG_RECIPIENT", "WRONG_CONTENT", "SENT_TWICE"])
                        ),
                        name="incident_kind_known",
                        violation_error_message="Den slags hændelse findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PREPARING", "OPEN", "CLOSED"])),
                        name="incident_status_known",
                        violation_error_message="En hændelse er under forberedelse, åben eller afsluttet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))),
                        name="incident_window_ordered",
                        violation_error_message="Første dag skal ligge før sidste dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deadline__gt", models.F("last_day"))),
                        name="incident_deadline_after_window",
                        violation_error_message="Fristen skal ligge efter den sidste dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "deadline__lte",
                                CombinedExpression(models.F("last_day"), "+", models.Value(timedelta(days=731))),
                            )
                        ),
                        name="incident_deadline_in_sight",
                        violation_error_message="Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="c059f749aa88d7b1c1f12acf3fe0ecc8d8b7a04b",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_587d2",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_incident",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="a75e436a5c8c5b0210b5176af1ea29a281f23aef",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_e4e75",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_incident",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="546daf077f4b2b0c49c16b90405ce700fb539550",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_3ac6d",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_incident",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="c23f092df4ae0e2c13702c2f89c30f02465b5aa9",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_5cbe5",
                            table="letters_incident",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadlineChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", models.DateField(verbose_name="gammel frist")),
                ("new", models.DateField(verbose_name="ny frist")),
                ("reason", models.TextField(verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="deadline_changes", to="letters.incident"),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="deadline_change_has_reason",
                        violation_error_message="Skriv, hvorfor du flytter fristen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("old", models.F("new")), _negated=True),
                        name="deadline_change_moves_it",
                        violation_error_message="Det er allerede fristen. Vælg en anden dato.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{reason}"),
                            hash="145acc1d63ca39b31b2cf9620d9acca9983ea74b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_37425",
                            table="letters_deadlinechange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="01b66eff5f925b7cc2081641fac2bfc2422d92d8",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_5e7b0",
                            table="letters_deadlinechange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{reason}",
                                rest="(line.content) - '{salt,reason}'::text[]",
                            ),
                            hash="17183bc7c33cbe06032c4ef349c92cd1172114f2",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_24ed3",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_deadlinechange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="fil")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("UPLOADED", "venter på at blive læst"),
                            ("READING", "bliver læst"),
                            ("ASKING", "venter på valg af kolonner"),
                            ("CHECKED", "klar til at blive indlæst"),
                            ("COMMITTING", "bliver indlæst"),
                            ("COMMITTED", "indlæst"),
                            ("FAILED", "kunne ikke læses"),
                            ("DISCARDED", "kasseret"),
                            ("UNDONE", "fortrudt"),
                        ],
                        default="UPLOADED",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("mapping", models.JSONField(default=list, verbose_name="kolonner")),
                ("refusal", models.TextField(blank=True, verbose_name="årsag til afvisning")),
                ("blank_rows", models.PositiveIntegerField(default=0, verbose_name="tomme rækker")),
                ("total_rows", models.PositiveIntegerField(default=0, verbose_name="rækker i alt")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
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
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="batches", to="letters.incident"),
                ),
                ("remarks", models.JSONField(default=list, verbose_name="bemærkninger")),
                (
                    "change_policy",
                    models.CharField(
                        choices=[
                            ("ALL", "alle ændringer"),
                            ("NONE", "ingen ændringer"),
                            ("CHOSEN", "de valgte ændringer"),
                        ],
                        default="ALL",
                        max_length=10,
                        verbose_name="ændringer, der tages med",
                    ),
                ),
                ("is_full", models.BooleanField(default=False, verbose_name="fuld liste")),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="fortrudt")),
                ("found", models.JSONField(default=list, verbose_name="fundne lister")),
                ("is_to_ask", models.BooleanField(default=False, verbose_name="kolonnerne skal bekræftes")),
                ("sheets", models.JSONField(default=list, verbose_name="valgte ark")),
                ("confirmed_totals", models.CharField(blank=True, max_length=100, verbose_name="bekræftede tal")),
                (
                    "sheet_names",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="læste ark"
                    ),
                ),
                (
                    "sheet_fields",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="arkenes felter"
                    ),
                ),
            ],
            options={
                "verbose_name": "indlæsning",
                "verbose_name_plural": "indlæsninger",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "UNDONE"), _negated=True),
                        fields=("incident", "sha256"),
                        name="batch_file_once",
                        violation_error_message="Filen er allerede læst i hændelsen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "UPLOADED",
                                    "READING",
                                    "ASKING",
                                    "CHECKED",
                                    "COMMITTING",
                                    "COMMITTED",
                                    "FAILED",
                                    "DISCARDED",
                                    "UNDONE",
                                ],
                            )
                        ),
                        name="batch_status_known",
                        violation_error_message="Den status findes ikke for en indlæsning.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("committed_at__isnull", False), ("status__in", ["COMMITTED", "UNDONE"])),
                            models.Q(
                                models.Q(("status__in", ["COMMITTED", "UNDONE"]), _negated=True),
                                ("committed_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="batch_committed_has_time",
                        violation_error_message="En indlæst liste skal have et tidspunkt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("change_policy__in", ["ALL", "NONE", "CHOSEN"])),
                        name="batch_change_policy_known",
                        violation_error_message="Vælg alle, ingen eller udvalgte ændringer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "UNDONE"), ("undone_at__isnull", False)),
                            models.Q(models.Q(("status", "UNDONE"), _negated=True), ("undone_at", None)),
                            _connector="OR",
                        ),
                        name="batch_undone_has_time",
                        violation_error_message="En fortrudt indlæsning skal have et tidspunkt.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField(verbose_name="række i Excel")),
                ("source_ref", models.CharField(blank=True, max_length=120, verbose_name="brev-id")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sendt")),
                ("sender_name", models.CharField(blank=True, max_length=200, verbose_name="afsender")),
                ("sender_email", models.CharField(blank=True, max_length=254, verbose_name="afsenders e-mail")),
                ("leader_name", models.CharField(blank=True, max_length=200, verbose_name="leder")),
                ("leader_email", models.CharField(blank=True, max_length=254, verbose_name="leders e-mail")),
                ("administration", models.CharField(blank=True, max_length=200, verbose_name="forvaltning")),
                ("area", models.CharField(blank=True, max_length=200, verbose_name="område")),
                ("unit_name", models.CharField(blank=True, max_length=200, verbose_name="enhed")),
                ("subunit", models.CharField(blank=True, max_length=200, verbose_name="underenhed")),
                ("recipient_kind", models.CharField(blank=True, max_length=20, verbose_name="modtagertype")),
                ("recipient_key", models.CharField(blank=True, max_length=64, verbose_name="modtager (nøglet hash)")),
                ("subject", models.CharField(blank=True, max_length=500, verbose_name="emne")),
                ("category", models.CharField(blank=True, max_length=40, verbose_name="kategori")),
                ("is_personnel_case", models.BooleanField(default=False, verbose_name="personalesag")),
                ("shown", models.JSONField(default=dict)),
                ("problems", models.JSONField(default=list)),
                ("changes", models.JSONField(default=dict)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("NEW", "ny"), ("KNOWN", "kendt"), ("CHANGED", "ændret"), ("REJECTED", "afvist")],
                        max_length=20,
                        verbose_name="resultat",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="rows", to="letters.importbatch"
                    ),
                ),
                ("named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")),
                ("unit_code", models.CharField(blank=True, max_length=40, verbose_name="enhedskode")),
                ("is_chosen", models.BooleanField(db_default=False, default=False, verbose_name="valgt")),
                ("has_deadline", models.BooleanField(db_default=False, default=False, verbose_name="har en dato")),
                (
                    "corrections",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="rettelser"
                    ),
                ),
                ("sheet", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="ark")),
            ],
            options={
                "ordering": ["sheet", "row"],
                "indexes": [models.Index(fields=["batch", "verdict"], name="row_batch_verdict")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "sheet", "row"),
                        name="row_once",
                        violation_error_message="Rækken er allerede læst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient_kind__in", ["", "CITIZEN", "EMPLOYEE", "UNKNOWN"])),
                        name="row_recipient_kind_known",
                        violation_error_message="En modtager er borger, medarbejder eller ukendt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["", "NEW", "KNOWN", "CHANGED", "REJECTED"])),
                        name="row_verdict_known",
                        violation_error_message="En række er ny, kendt, ændret eller afvist.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="corrections_stand",
                        sql=UpsertTriggerSql(
                            condition="WHEN (jsonb_path_query_array(NEW.corrections, '$[0 to $last]', jsonb_build_object('last', jsonb_array_length(OLD.corrections) - 1)) <> OLD.corrections)",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update of \"corrections\" rows from % table', TG_TABLE_NAME;",
                            hash="4bb0b0fb8a022e8dbca93a8bb80ada4fa2dcac52",
                            operation='UPDATE OF "corrections"',
                            pgid="pgtrigger_corrections_stand_2f565",
                            table="letters_importrow",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_ref", models.CharField(max_length=120, verbose_name="brev-id")),
                ("sender_name", models.CharField(blank=True, max_length=200, verbose_name="afsender på listen")),
                ("leader_name", models.CharField(blank=True, max_length=200, verbose_name="leder på listen")),
                ("subject", models.CharField(blank=True, max_length=500, verbose_name="emne")),
                ("category", models.CharField(blank=True, max_length=40, verbose_name="kategori")),
                ("sent_at", models.DateTimeField(verbose_name="sendt")),
                (
                    "recipient_kind",
                    models.CharField(
                        choices=[("CITIZEN", "borger"), ("EMPLOYEE", "medarbejder"), ("UNKNOWN", "ukendt modtager")],
                        max_length=20,
                        verbose_name="modtagertype",
                    ),
                ),
                ("recipient_key", models.CharField(blank=True, max_length=64, verbose_name="modtager (nøglet hash)")),
                ("is_personnel_case", models.BooleanField(default=False, verbose_name="personalesag")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="trukket tilbage")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="letters",
                        to="letters.importbatch",
                        verbose_name="indlæsning",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="letters", to="letters.incident"
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="letters_led",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="leder",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="letters_sent",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="afsender",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="letters",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
                ("named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")),
                ("batch_row", models.PositiveIntegerField(blank=True, null=True, verbose_name="række i Excel")),
                ("has_deadline", models.BooleanField(db_default=False, default=False, verbose_name="har en dato")),
                (
                    "category_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="emneområde af",
                    ),
                ),
                ("batch_sheet", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="ark")),
                (
                    "personnel_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="personalesag ifølge",
                    ),
                ),
            ],
            options={
                "verbose_name": "brev",
                "verbose_name_plural": "breve",
                "indexes": [models.Index(fields=["incident", "sent_at"], name="letter_incident_sent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "source_ref"),
                        name="letter_once",
                        violation_error_message="Brevet findes allerede i hændelsen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient_kind__in", ["CITIZEN", "EMPLOYEE", "UNKNOWN"])),
                        name="letter_recipient_kind_known",
                        violation_error_message="En modtager er borger, medarbejder eller ukendt.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fact",
                    models.CharField(
                        choices=[("sender", "afsender"), ("leader", "leder"), ("unit", "enhed")],
                        max_length=10,
                        verbose_name="tildelt",
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="fortrudt")),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="assignments", to="letters.incident"),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to="accounts.unit"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "tildeling",
                "verbose_name_plural": "tildelinger",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fact", "unit"), ("unit__isnull", False), ("user__isnull", True)),
                            models.Q(
                                ("fact__in", ["sender", "leader"]), ("unit__isnull", True), ("user__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="assignment_gives_what_it_says",
                        violation_error_message="En afsender og en leder er en person, og en enhed er en enhed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by", None)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="assignment_undone_by_somebody",
                        violation_error_message="Angiv, hvem der fortrød.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CHANGED", "rettet af en liste"),
                            ("WITHDRAWN", "trukket tilbage"),
                            ("REINSTATED", "sat på listen igen"),
                            ("ASSIGNED", "fået en ansvarlig"),
                            ("RECLASSIFIED", "fået et andet emneområde"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("before", models.JSONField(default=dict, verbose_name="før")),
                ("after", models.JSONField(default=dict, verbose_name="efter")),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="changes",
                        to="letters.importbatch",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("letter", models.ForeignKey(on_delete=models.PROTECT, related_name="changes", to="letters.letter")),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="changes", to="letters.assignment"
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "ændring af brev",
                "verbose_name_plural": "ændringer af breve",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["CHANGED", "WITHDRAWN", "REINSTATED", "ASSIGNED", "RECLASSIFIED"])
                        ),
                        name="letter_change_kind_known",
                        violation_error_message="Den slags ændring findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "WITHDRAWN"), ("reason", ""), _negated=True),
                        name="letter_withdrawn_for_a_reason",
                        violation_error_message="Skriv, hvorfor du trækker brevet tilbage.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql",
                                personal="{reason,before.subject,before.sender_name,before.leader_name,before.recipient_key,after.subject,after.sender_name,after.leader_name,after.recipient_key}",
                            ),
                            hash="f6ee5f31b5884422617c68045216331fb7bbcea1",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a8327",
                            table="letters_letterchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="061fac21f22b96b0ce7f182bdb31091cf87c02ef",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_4114c",
                            table="letters_letterchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{reason,before.subject,before.sender_name,before.leader_name,before.recipient_key,after.subject,after.sender_name,after.leader_name,after.recipient_key}",
                                rest="((line.content) - '{salt,reason,before,after}'::text[]) || jsonb_build_object('before', CASE jsonb_typeof((line.content) -> 'before') WHEN 'object' THEN ((line.content) -> 'before') - '{subject,sender_name,leader_name,recipient_key}'::text[] ELSE (line.content) -> 'before' END, 'after', CASE jsonb_typeof((line.content) -> 'after') WHEN 'object' THEN ((line.content) -> 'after') - '{subject,sender_name,leader_name,recipient_key}'::text[] ELSE (line.content) -> 'after' END)",
                            ),
                            hash="0e92d12edc6442affe1dbddc25fb275e652f3c35",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_e9c33",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_letterchange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CategoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="rækkefølge")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="emneområde")),
                ("words", models.CharField(blank=True, max_length=1000, verbose_name="ord i emnet")),
                (
                    "recipient_kind",
                    models.CharField(
                        blank=True,
                        choices=[("CITIZEN", "borger"), ("EMPLOYEE", "medarbejder"), ("UNKNOWN", "ukendt modtager")],
                        max_length=20,
                        verbose_name="modtager",
                    ),
                ),
                ("is_personnel", models.BooleanField(default=False, verbose_name="brevene er personalesager")),
                ("has_deadline", models.BooleanField(default=False, verbose_name="brevene har en dato")),
                ("version", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="category_rules", to="letters.incident"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
                (
                    "clock",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MEETING", "mødedato"),
                            ("HEARING", "høringsfrist"),
                            ("PERIOD", "et antal dage"),
                            ("FIXED", "faste datoer"),
                        ],
                        max_length=20,
                        verbose_name="dato",
                    ),
                ),
                (
                    "fixed_days",
                    ArrayField(
                        base_field=models.CharField(max_length=5), blank=True, default=list, verbose_name="faste datoer"
                    ),
                ),
                ("length", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="længde")),
                (
                    "length_unit",
                    models.CharField(
                        blank=True,
                        choices=[("DAY", "dage"), ("WORKING_DAY", "arbejdsdage"), ("WEEK", "uger")],
                        max_length=20,
                        verbose_name="længdens enhed",
                    ),
                ),
                (
                    "new_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="arbejdsdage til en ny dato"),
                ),
                ("source", models.CharField(blank=True, max_length=500, verbose_name="lovhenvisning")),
            ],
            options={
                "verbose_name": "regel for emneområde",
                "verbose_name_plural": "regler for emneområder",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=models.Deferrable.DEFERRED,
                        fields=("incident", "position"),
                        name="category_rule_has_its_place",
                        violation_error_message="To regler kan ikke have samme plads.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient_kind", ""), ("unit", None), ("words", ""), _negated=True),
                        name="category_rule_does_not_catch_all",
                        violation_error_message="Skriv mindst ét ord, eller vælg en enhed eller en modtager.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("has_deadline", False), ("is_personnel", False), ("name", ""), _negated=True
                        ),
                        name="category_rule_names_or_marks",
                        violation_error_message="Giv emneområdet et navn, eller sæt et af mærkerne.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recipient_kind__in", ["", "CITIZEN", "EMPLOYEE", "UNKNOWN"])),
                        name="category_rule_recipient_kind_known",
                        violation_error_message="En modtager er borger, medarbejder eller ukendt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clock__in", ["", "MEETING", "HEARING", "PERIOD", "FIXED"]),
                            ("length_unit__in", ["", "DAY", "WORKING_DAY", "WEEK"]),
                        ),
                        name="category_rule_clock_known",
                        violation_error_message="Den slags dato findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("clock", ""),
                                ("new_days", None),
                                ("source", ""),
                                ("length", None),
                                ("length_unit", ""),
                                ("fixed_days", []),
                            ),
                            models.Q(("clock", "MEETING"), ("length", None), ("length_unit", ""), ("fixed_days", [])),
                            models.Q(
                                ("clock", "HEARING"),
                                models.Q(
                                    models.Q(("length", None), ("length_unit", "")),
                                    models.Q(
                                        ("length__isnull", False),
                                        ("length__range", (1, 366)),
                                        models.Q(("length_unit", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                ("fixed_days", []),
                            ),
                            models.Q(
                                ("clock", "PERIOD"),
                                ("length__isnull", False),
                                ("length__range", (1, 366)),
                                models.Q(("length_unit", ""), _negated=True),
                                ("fixed_days", []),
                            ),
                            models.Q(
                                ("clock", "FIXED"),
                                ("length", None),
                                ("length_unit", ""),
                                models.Q(("fixed_days", []), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="category_rule_clock_has_its_fields",
                        violation_error_message="Datoen passer ikke til længden eller de faste datoer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            Regex(
                                models.Func(
                                    models.F("fixed_days"),
                                    models.Value(" "),
                                    function="array_to_string",
                                    output_field=models.CharField(),
                                ),
                                "^(((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))( ((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])))*)?$",
                            )
                        ),
                        name="category_rule_days_come_every_year",
                        violation_error_message="Skriv datoer, som findes hvert år.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clock", ""), models.Q(("name", ""), _negated=True), _connector="OR"),
                        name="category_rule_clock_has_a_name",
                        violation_error_message="Giv emneområdet et navn, når brevene har en dato.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("new_days", None), ("new_days__range", (1, 366)), _connector="OR"),
                        name="category_rule_new_days_in_sight",
                        violation_error_message="Skriv et tal fra 1 til 366.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="c1cce2fcb9299c69f3e3b4be0f7a1d479ab793fe",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_dfd8d",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_categoryrule",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="76845a5dd21ef8379bfed57dd3642f960225ee86",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_7891a",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_categoryrule",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="fe040bcda11e76dcd5e66f8fd92648be4a9bf383",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_8eb17",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_categoryrule",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="dbb43e0109e4b449a2018d6bc28f55b257504e35",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_2ff0a",
                            table="letters_categoryrule",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFilePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="nummer")),
                ("content", models.BinaryField(verbose_name="bytes")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="file_parts", to="letters.importbatch"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "number"),
                        name="file_part_once",
                        violation_error_message="Den del af filen er allerede gemt.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportProgress",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="letters.importbatch",
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("OPENING", "Vi åbner filen"),
                            ("READING", "Vi læser rækkerne"),
                            ("JUDGING", "Vi sammenligner med kendte breve"),
                            ("PLACES", "Vi finder eller opretter enheder og personer"),
                            ("LETTERS", "Vi gemmer brevene"),
                            ("ROLES", "Vi giver ledere adgang"),
                        ],
                        max_length=20,
                        verbose_name="trin",
                    ),
                ),
                ("began_at", models.DateTimeField(blank=True, null=True, verbose_name="trinnet begyndte")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="behandlet")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="i alt")),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("stop_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="bedt om at stoppe")),
                (
                    "stop_asked_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phase__in", ["", "OPENING", "READING", "JUDGING", "PLACES", "LETTERS", "ROLES"])
                        ),
                        name="progress_phase_known",
                        violation_error_message="Det trin findes ikke i en indlæsning.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("began_at", None), ("phase", "")),
                            models.Q(models.Q(("phase", ""), _negated=True), ("began_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="progress_phase_has_begun",
                        violation_error_message="Et trin i gang skal have et starttidspunkt.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RememberedColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("headers_sha256", models.CharField(max_length=64)),
                ("mapping", models.JSONField(default=list, verbose_name="kolonner")),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "huskede kolonner",
                "verbose_name_plural": "huskede kolonner",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("headers_sha256",),
                        name="columns_remembered_once",
                        violation_error_message="Kolonnerne er allerede husket.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("above", ArrayField(base_field=models.CharField(max_length=200), verbose_name="ligger under")),
                ("name", models.CharField(max_length=200, verbose_name="navn på listen")),
                ("means", models.CharField(blank=True, max_length=200, verbose_name="er den samme som")),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="unit_answers", to="letters.importbatch"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "svar om ny enhed",
                "verbose_name_plural": "svar om nye enheder",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("batch"),
                        models.F("above"),
                        Lower("name"),
                        name="unit_answered_once",
                        violation_error_message="Navnet har allerede et svar.",
                    )
                ],
            },
        ),
        # The bytes are packed already, or gone in a minute: pressing them costs more than it saves.
        migrations.RunSQL("ALTER TABLE letters_importfilepart ALTER COLUMN content SET STORAGE EXTERNAL"),
    ]
