"""Incidents, the lists of their letters, the letters, and what was changed in them."""

from datetime import timedelta

import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Lower, Now, Upper
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
                            ("WRONG_RECIPIENT", "Brevene kom til forkerte modtagere"),
                        ],
                        default="NOT_ARRIVED",
                        max_length=20,
                        verbose_name="hvad der gik galt",
                    ),
                ),
                (
                    "fault_short",
                    models.CharField(blank=True, max_length=60, verbose_name="hvad der skete med brevene, kort"),
                ),
                (
                    "fault_one",
                    models.CharField(blank=True, max_length=200, verbose_name="hvad der skete med ét brev"),
                ),
                (
                    "fault_many",
                    models.CharField(blank=True, max_length=200, verbose_name="hvad der skete med flere breve"),
                ),
                ("system", models.CharField(default="SEPO", max_length=60, verbose_name="system")),
                ("first_day", models.DateField(verbose_name="første dag")),
                ("last_day", models.DateField(verbose_name="sidste dag")),
                ("deadline", models.DateField(verbose_name="frist")),
                (
                    "status",
                    models.CharField(
                        choices=[("PREPARING", "under forberedelse"), ("OPEN", "åben"), ("CLOSED", "lukket")],
                        default="PREPARING",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("case_number", models.CharField(blank=True, max_length=40, verbose_name="journalnummer")),
                ("document_number", models.CharField(blank=True, max_length=40, verbose_name="dokumentnummer")),
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
                    models.URLField(blank=True, verbose_name="vejledning"),
                ),
                (
                    "draft_url",
                    models.URLField(blank=True, verbose_name="udkast til modtageren"),
                ),
                ("shows_public_figures", models.BooleanField(default=False, verbose_name="tal på forsiden")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("version", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "hændelse",
                "verbose_name_plural": "hændelser",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["NOT_ARRIVED", "WRONG_RECIPIENT"])),
                        name="incident_kind_known",
                        violation_error_message="Den slags hændelse findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PREPARING", "OPEN", "CLOSED"])),
                        name="incident_status_known",
                        violation_error_message="En hændelse er under forberedelse, åben eller lukket.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))),
                        name="incident_window_ordered",
                        violation_error_code="last_day",
                        violation_error_message="Første dag skal ligge før sidste dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deadline__gt", models.F("last_day"))),
                        name="incident_deadline_after_window",
                        violation_error_code="deadline",
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
                        violation_error_code="deadline",
                        violation_error_message="Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("guide_url", ""), ("guide_url__startswith", "https://"), _connector="OR"),
                        name="incident_guide_url_is_https",
                        violation_error_message="Adressen skal begynde med https://.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("draft_url", ""), ("draft_url__startswith", "https://"), _connector="OR"),
                        name="incident_draft_url_is_https",
                        violation_error_message="Adressen skal begynde med https://.",
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
                ("takes_changes", models.BooleanField(default=True, verbose_name="ændringer tages med")),
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
                (
                    "listed_sender",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listed_leader",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("listed_at", models.DateTimeField(db_default=Now(), default=django.utils.timezone.now)),
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
                "indexes": [
                    models.Index(fields=["incident", "sent_at"], name="letter_incident_sent"),
                    GinIndex(
                        SearchVector("subject", config="danish") + SearchVector("subject", config="simple"),
                        name="letter_subject_words",
                    ),
                    models.Index(
                        models.Func(
                            models.F("recipient_key"),
                            template=(
                                "(CASE WHEN %(expressions)s ~ '^[0-9a-f]{12,64}$' "
                                "THEN mod(('x' || left(%(expressions)s, 12))::bit(48)::bigint, 4232)::integer END)"
                            ),
                            output_field=models.IntegerField(null=True),
                        ),
                        name="letter_recipient_code",
                    ),
                    models.Index(Upper("source_ref"), name="letter_source_ref"),
                ],
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
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="status_changes", to="letters.incident"),
                ),
                (
                    "old",
                    models.CharField(
                        choices=[("PREPARING", "under forberedelse"), ("OPEN", "åben"), ("CLOSED", "lukket")],
                        max_length=20,
                        verbose_name="før",
                    ),
                ),
                (
                    "new",
                    models.CharField(
                        choices=[("PREPARING", "under forberedelse"), ("OPEN", "åben"), ("CLOSED", "lukket")],
                        max_length=20,
                        verbose_name="nu",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("still_open", models.JSONField(default=list, verbose_name="mangler")),
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
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("old__in", ["PREPARING", "OPEN", "CLOSED"])),
                        name="status_change_old_known",
                        violation_error_message="En hændelse er under forberedelse, åben eller lukket.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("new__in", ["PREPARING", "OPEN", "CLOSED"])),
                        name="status_change_new_known",
                        violation_error_message="En hændelse er under forberedelse, åben eller lukket.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("new", "CLOSED"), _negated=True),
                            ("still_open", []),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="closing_with_rest_has_reason",
                        violation_error_message="Skriv, hvorfor hændelsen kan lukkes, selv om noget mangler.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("old", "CLOSED"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reopening_has_reason",
                        violation_error_message="Skriv, hvorfor hændelsen åbnes igen.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{reason}"),
                            hash="b941e2f1e5e38947f3d0dccaa5fee8527eb9ca02",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_b974b",
                            table="letters_statuschange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="65380e47d84cd364d59113ce81a9db67dd2a0ab4",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_3e3d2",
                            table="letters_statuschange",
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
                            hash="83ed97949aa8b9e5d11a5065953e543ca07112c0",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_4d480",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_statuschange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="breach_reports", to="letters.incident"),
                ),
                ("aware_at", models.DateTimeField(verbose_name="opdaget")),
                ("text", models.TextField(verbose_name="hvad er opdaget")),
                ("lost_confidentiality", models.BooleanField(default=False, verbose_name="fortrolighed")),
                ("lost_integrity", models.BooleanField(default=False, verbose_name="integritet")),
                ("lost_availability", models.BooleanField(default=False, verbose_name="tilgængelighed")),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "ordering": ["-aware_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="breach_report_has_text",
                        violation_error_message="Skriv, hvad I har opdaget.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{text}"),
                            hash="7d78ac8bbc4222e95c568e4ad6302fb0bcfc6dcc",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_cf62d",
                            table="letters_breachreport",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="14ff9ded3bb886169259ed3ab816d24fcd734756",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_a010b",
                            table="letters_breachreport",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{text}",
                                rest="(line.content) - '{salt,text}'::text[]",
                            ),
                            hash="91c866543ee70a635d782e43b10d3b7b428c8aa1",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_858f0",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_breachreport",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachAssessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "report",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="assessments", to="letters.breachreport"),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("NOTIFY", "Skal anmeldes"),
                            ("DO_NOT_NOTIFY", "Skal ikke anmeldes"),
                            ("UNDECIDED", "Ikke afgjort endnu"),
                        ],
                        max_length=20,
                        verbose_name="skal det anmeldes",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("concerns_all", models.BooleanField(default=False, verbose_name="alle hændelsens breve er berørt")),
                (
                    "letters",
                    ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="berørte breve"
                    ),
                ),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answer__in", ["NOTIFY", "DO_NOT_NOTIFY", "UNDECIDED"])),
                        name="assessment_answer_known",
                        violation_error_message="Vælg, om det skal anmeldes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer", "DO_NOT_NOTIFY"), ("reason", ""), _negated=True),
                        name="assessment_no_breach_has_reason",
                        violation_error_message="Skriv, hvorfor det ikke skal anmeldes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("concerns_all", False), ("letters", []), _connector="OR"),
                        name="assessment_concerns_all_or_some",
                        violation_error_message="Vælg enten alle breve eller enkelte breve.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{reason}"),
                            hash="5403d4d6c3795f8ff3422aef2dfe3bc08260116a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2abc6",
                            table="letters_breachassessment",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="8a53dcd0f30c233a01f7864137234daeb0f4f310",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_0ad03",
                            table="letters_breachassessment",
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
                            hash="5d0893ea13c2cfc1f1157ce313a05b87cc873650",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_0c8c8",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_breachassessment",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachNotification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="notifications", to="letters.breachreport"
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="sendt")),
                ("case_number", models.CharField(blank=True, max_length=40, verbose_name="Datatilsynets sagsnummer")),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "ordering": ["-sent_at", "-pk"],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{case_number}"),
                            hash="89dd2dd0bccb0c0a91f44642aaa1fbd2c6db5e9d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a6449",
                            table="letters_breachnotification",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="a51d7d8c0639b94fae7b7de30585e3636251e97c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_74518",
                            table="letters_breachnotification",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{case_number}",
                                rest="(line.content) - '{salt,case_number}'::text[]",
                            ),
                            hash="9d3656a01fdcbf4e744a489e8a0116ad4fc78ba4",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_2dc45",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_breachnotification",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("DUTY", "It-beredskabets vagt"),
                            ("SUPPLIER", "Leverandør"),
                            ("ADVISER", "Databeskyttelsesrådgiver"),
                            ("OTHER", "Anden kontakt"),
                        ],
                        default="OTHER",
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="hvad")),
                ("contact_name", models.CharField(blank=True, max_length=120, verbose_name="navn")),
                ("phone", models.CharField(blank=True, max_length=16, verbose_name="telefon")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("case_number", models.CharField(blank=True, max_length=40, verbose_name="sagsnummer")),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["DUTY", "SUPPLIER", "ADVISER", "OTHER"])),
                        name="contact_kind_known",
                        violation_error_message="Den slags kontakt findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="contact_has_title",
                        violation_error_message="Skriv, hvem kontakten er.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""), ("phone__regex", "^([0-9]{4} [0-9]{4}|\\+[0-9]{8,15})$"), _connector="OR"
                        ),
                        name="contact_phone_known",
                        violation_error_message="Skriv et helt telefonnummer, for eksempel 7080 1234.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phone", ""), _negated=True),
                            models.Q(("email", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="contact_can_be_reached",
                        violation_error_message="Skriv et telefonnummer eller en mailadresse.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="ec6cded95590ca6f7461dc6c285217624aacc91f",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_c7022",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_incidentcontact",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="9758b3cd08b7f9f78dfe0ce9d37cf513822e948c",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_b8c85",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_incidentcontact",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="b178fad1ecf8781d465ab493698d6693588ba47c",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_c6794",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_incidentcontact",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="b95ca95cb51623074cac74b5eecd4f752377304f",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_18db5",
                            table="letters_incidentcontact",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FIRST_LETTER", "Det første brev"),
                            ("SUSPICION", "Den første mistanke"),
                            ("SCALE_KNOWN", "Omfanget er kendt"),
                            ("AUTHORITY_TOLD", "En myndighed er orienteret"),
                            ("COMMITTEE_TOLD", "Et udvalg er orienteret"),
                            ("SUPPLIER_ANSWER", "Leverandøren har svaret"),
                            ("OTHER", "Andet"),
                        ],
                        default="OTHER",
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("day", models.DateField(verbose_name="dag")),
                ("time", models.TimeField(blank=True, null=True, verbose_name="klokkeslæt")),
                ("text", models.TextField(verbose_name="hvad skete der")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="kilde")),
            ],
            options={
                "ordering": ["-day", models.OrderBy(models.F("time"), descending=True, nulls_last=True), "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FIRST_LETTER",
                                    "SUSPICION",
                                    "SCALE_KNOWN",
                                    "AUTHORITY_TOLD",
                                    "COMMITTEE_TOLD",
                                    "SUPPLIER_ANSWER",
                                    "OTHER",
                                ],
                            )
                        ),
                        name="timeline_kind_known",
                        violation_error_message="Den slags punkt findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="timeline_has_text",
                        violation_error_message="Skriv, hvad der skete.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="d6c80c58a05fda836a1fb60a00db4b7cf6e64337",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_cf6db",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_timelineentry",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="77af135696a17556789676b5b68572ec3159676f",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_9feb4",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_timelineentry",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="83d2bbf3279984a7e80df4a0263cd41c295c7b9f",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_9fed7",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_timelineentry",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="898944cdf2f946c7803365420df4715d9f529004",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_6df7d",
                            table="letters_timelineentry",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("known", models.TextField(verbose_name="det ved vi")),
                ("unknown", models.TextField(blank=True, verbose_name="det ved vi ikke")),
                (
                    "status",
                    models.CharField(
                        choices=[("PRELIMINARY", "foreløbig"), ("FINAL", "endelig")],
                        default="PRELIMINARY",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident",),
                        name="cause_once",
                        violation_error_message="En anden har lige skrevet årsagen. Se den igennem.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PRELIMINARY", "FINAL"])),
                        name="cause_status_known",
                        violation_error_message="Årsagen er foreløbig eller endelig.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("known", ""), _negated=True),
                        name="cause_has_text",
                        violation_error_message="Skriv, hvad I ved om årsagen.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="89344aebd6a54956b3055d4d8df06f93a05d9148",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_af9e0",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_cause",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="42d8b17052fb2b45570014741aa0a2ff2d9d78f9",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_19ab6",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_cause",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="25f4034a4efe2ddab81842d9d09f95e2d52a78f1",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_1f3f4",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_cause",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="e11e81b84e002af1dd1d9acb6297d662010eee26",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_ce817",
                            table="letters_cause",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("NONE_LOST", "Ingen breve er gået tabt"),
                            ("NO_STRANGER", "Ingen breve er kommet uvedkommende i hænde"),
                            ("ALL_RESENDABLE", "Alle breve kan sendes igen"),
                        ],
                        max_length=20,
                        verbose_name="udsagn",
                    ),
                ),
                ("is_withdrawn", models.BooleanField(default=False, verbose_name="udsagnet gælder ikke mere")),
                ("reason", models.TextField(verbose_name="begrundelse")),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "kind"),
                        name="claim_once",
                        violation_error_message="En anden har lige skrevet udsagnet. Se det igennem.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["NONE_LOST", "NO_STRANGER", "ALL_RESENDABLE"])),
                        name="claim_kind_known",
                        violation_error_message="Det udsagn findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="claim_has_reason",
                        violation_error_message="Skriv, hvordan I ved det.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="90484fa9ef75b3e29e0bc287af3749130f1e91e1",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_44cea",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_claim",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="c66b500db2fac7964249a081a7f0cd51df68d2d5",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_cf345",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_claim",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="3d6fcae5503c18769e85632d5a1fc3280b216b8e",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_9c4be",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_claim",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="276de826368c6b4ec22ebb875f8d00d4586d0cfa",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_4e40e",
                            table="letters_claim",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("title", models.CharField(max_length=200, verbose_name="tiltag")),
                ("contact_name", models.CharField(max_length=120, verbose_name="ejer")),
                ("phone", models.CharField(blank=True, max_length=16, verbose_name="ejerens telefon")),
                ("due_on", models.DateField(verbose_name="dato")),
                (
                    "status",
                    models.CharField(
                        choices=[("NOT_BEGUN", "ikke begyndt"), ("IN_PROGRESS", "i gang"), ("DONE", "gennemført")],
                        default="NOT_BEGUN",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("done_at", models.DateTimeField(null=True, verbose_name="gennemført")),
            ],
            options={
                "ordering": ["due_on", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["NOT_BEGUN", "IN_PROGRESS", "DONE"])),
                        name="measure_status_known",
                        violation_error_message="Et tiltag er ikke begyndt, i gang eller gennemført.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="measure_has_title",
                        violation_error_message="Skriv, hvad der skal gøres.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact_name", ""), _negated=True),
                        name="measure_has_owner",
                        violation_error_message="Skriv, hvem der ejer tiltaget.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""), ("phone__regex", "^([0-9]{4} [0-9]{4}|\\+[0-9]{8,15})$"), _connector="OR"
                        ),
                        name="measure_phone_known",
                        violation_error_message="Skriv et helt telefonnummer, for eksempel 7080 1234.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False), ("status", "DONE")),
                            models.Q(models.Q(("status", "DONE"), _negated=True), ("done_at", None), ("done_by", None)),
                            _connector="OR",
                        ),
                        name="measure_done_by_and_at",
                        violation_error_message="Et tiltag, der er gennemført, har et navn og et tidspunkt.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="2c1e79d799f0922f40b1093f7c815b398fa51983",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_8330e",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_measure",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="6108496b647c26d4ddce05d361ef7cf58d447c29",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_00caa",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_measure",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="3ed57c07394778082ca3a5ee215bdca445d9cdfd",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_99cc9",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_measure",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="f7d3864b844aa4f376bedcaf2d3081c5000a5c41",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_e871f",
                            table="letters_measure",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupplierExchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("day", models.DateField(verbose_name="dag")),
                ("text", models.TextField(verbose_name="det spurgte vi om")),
                ("answer", models.TextField(blank=True, verbose_name="leverandøren svarede")),
                ("next_answer_on", models.DateField(blank=True, null=True, verbose_name="næste svar ventes")),
            ],
            options={
                "ordering": ["-day", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="exchange_has_text",
                        violation_error_message="Skriv, hvad I spurgte om.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("next_answer_on", None), ("next_answer_on__gte", models.F("day")), _connector="OR"
                        ),
                        name="exchange_answer_after_question",
                        violation_error_message="Det næste svar kan ikke komme før spørgsmålet.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="2c50263155fde34342bf25dae9d28efdc92e8bfa",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_d730c",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_supplierexchange",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="8f9fa1e20b65db7d4d6c1a9f32ec0de4ca909964",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_5d835",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_supplierexchange",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="eedf66e5b78eec7edf68f81a2a453b5cd3c96abc",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_692a5",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_supplierexchange",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="b9abc0fc52c04526f5700705fc81a0a5108ff902",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_06d06",
                            table="letters_supplierexchange",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Emergency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("raised_at", models.DateTimeField(verbose_name="aktiveret")),
                ("contact_name", models.CharField(max_length=120, verbose_name="hvem aktiverede det")),
                ("stood_down_at", models.DateTimeField(blank=True, null=True, verbose_name="sluttede")),
            ],
            options={
                "ordering": ["-raised_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stood_down_at", None)),
                        fields=("incident",),
                        name="emergency_one_at_a_time",
                        violation_error_message="It-beredskabet er allerede aktiveret.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact_name", ""), _negated=True),
                        name="emergency_has_person",
                        violation_error_message="Skriv, hvem der aktiverede it-beredskabet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stood_down_at", None), ("stood_down_at__gte", models.F("raised_at")), _connector="OR"
                        ),
                        name="emergency_ends_after_it_began",
                        violation_error_message="It-beredskabet kan ikke slutte, før det blev aktiveret.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="8be620d31a5e77a4f5f19df080be55d9d2a6a024",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_6f4a6",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_emergency",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="5203652b951e8f3119a2e5333e700439c96aab0a",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_edd1d",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_emergency",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="953abbb881d706080480217355f377360246498f",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_e2169",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_emergency",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="8333a756d06acedc0c9c78b7551afc62d2200b06",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_80692",
                            table="letters_emergency",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AdministrationPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="%(class)s_rows", to="letters.incident"),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("unit", models.ForeignKey(on_delete=models.PROTECT, related_name="plans", to="accounts.unit")),
                ("contact_name", models.CharField(max_length=120, verbose_name="kontakt")),
                ("phone", models.CharField(blank=True, max_length=16, verbose_name="telefon")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("deadline", models.DateField(blank=True, null=True, verbose_name="forvaltningens frist")),
                ("text", models.TextField(blank=True, verbose_name="plan")),
                ("statement", models.TextField(blank=True, verbose_name="til notatet")),
                ("committee", models.CharField(blank=True, max_length=120, verbose_name="udvalg")),
                ("meeting_on", models.DateField(blank=True, null=True, verbose_name="udvalgets møde")),
                ("case_number", models.CharField(blank=True, max_length=40, verbose_name="sagsnummer")),
                ("document_number", models.CharField(blank=True, max_length=40, verbose_name="dokumentnummer")),
                ("received_at", models.DateTimeField(verbose_name="modtaget")),
                (
                    "received_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "unit"),
                        name="plan_once",
                        violation_error_message="En kollega har lige sendt planen. Se den igennem.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact_name", ""), _negated=True),
                        name="plan_has_contact",
                        violation_error_message="Skriv, hvem man kan spørge.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""), ("phone__regex", "^([0-9]{4} [0-9]{4}|\\+[0-9]{8,15})$"), _connector="OR"
                        ),
                        name="plan_phone_known",
                        violation_error_message="Skriv et helt telefonnummer, for eksempel 7080 1234.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="cb2578465c371e04cc7c537577c618e73b35df16",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_1aa8a",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="letters_administrationplan",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="0e1fa0b7b31ac0ecc44497968c30e66b7d49e22e",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_bad28",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="letters_administrationplan",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="b7283dd025c71b312c4083a235b1ca16ee2cac00",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_0be9a",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="letters_administrationplan",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="5cf8a78a48d753429b92a57b3fd7c5b9b5051ffa",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_91e38",
                            table="letters_administrationplan",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonnelOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="adresse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "letter",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="openings", to="letters.letter"),
                ),
                ("user", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "åbning af personalesag",
                "verbose_name_plural": "åbninger af personalesager",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("user", models.F("by")), _negated=True),
                        name="opened_by_another",
                        violation_error_message="Ingen kan åbne et brev for sig selv.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{address}"),
                            hash="f61e37ede1b6632007e83abe2cd447bce72faa18",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_08c20",
                            table="letters_personnelopening",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="e1cb0b9f698485a273c646c5f87e7a3b86a80044",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_18613",
                            table="letters_personnelopening",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{address}",
                                rest="(line.content) - '{salt,address}'::text[]",
                            ),
                            hash="c3aa03fedac26a124e6a5c519ecc237a5ce8be95",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_3070f",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="letters_personnelopening",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            read_sql(
                "letters/sql/is_open_to_function.sql",
                condition=read_sql(
                    "letters/sql/is_open_to.sql", letter="row", person="person", sender="sender", leader="leader"
                ),
            ),
            "DROP FUNCTION letters_is_open_to",
        ),
        # The bytes are packed already, or gone in a minute: pressing them costs more than it saves.
        migrations.RunSQL("ALTER TABLE letters_importfilepart ALTER COLUMN content SET STORAGE EXTERNAL"),
    ]
