"""The mails about letters, how each of them fares, and what comes back."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone
from pgtrigger.compiler import Trigger, UpsertTriggerSql

from sepo_incident.core.sql_files import read_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("followups", "0001_initial"),
        ("letters", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SILENCE", "intet svar"),
                            ("SPAM", "afvist som spam"),
                            ("CANARY", "mail til os selv kom ikke"),
                            ("BOUNCE_CANARY", "mail kom ikke retur"),
                            ("QUEUE", "køen står stille"),
                            ("INBOX", "indgående post ligger stille"),
                            ("BALANCE", "tallene stemmer ikke"),
                            ("HISTORY", "historikken er ændret"),
                            ("RESTORED", "databasen er en anden"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("number", models.PositiveIntegerField(default=0, verbose_name="antal")),
                ("total", models.PositiveIntegerField(null=True, verbose_name="ud af")),
                ("since", models.DateTimeField(null=True, verbose_name="begyndte")),
                ("words", models.TextField(blank=True, verbose_name="fakta")),
                ("raised_at", models.DateTimeField(verbose_name="slog til")),
                ("mailed_at", models.DateTimeField(verbose_name="sidst sendt ud")),
                ("taken_at", models.DateTimeField(null=True, verbose_name="taget")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="lukket")),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lukket af",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taget af",
                    ),
                ),
            ],
            options={
                "verbose_name": "alarm",
                "verbose_name_plural": "alarmer",
                "ordering": ["-raised_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("kind",),
                        name="alarm_one_open_of_a_kind",
                        violation_error_message="Den alarm er allerede i gang.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_at", None), ("taken_by", None)),
                            models.Q(("taken_at__isnull", False), ("taken_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="alarm_taken_by_and_at",
                        violation_error_message="En alarm, nogen har taget, skal have et navn og et tidspunkt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_by", None), ("reason", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="alarm_ended_by_a_person_has_a_reason",
                        violation_error_message="Skriv, hvorfor alarmen kan lukkes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("raised_at")), _connector="OR"
                        ),
                        name="alarm_ended_after_it_was_raised",
                        violation_error_message="En alarm kan ikke være lukket, før den slog til.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "SILENCE",
                                    "SPAM",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "QUEUE",
                                    "INBOX",
                                    "BALANCE",
                                    "HISTORY",
                                    "RESTORED",
                                ],
                            )
                        ),
                        name="alarm_kind_known",
                        violation_error_message="Den slags alarm findes ikke.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FIRST_NOTICE", "første besked"),
                            ("REMINDER", "påmindelse"),
                            ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                            ("OVERDUE", "påmindelse efter fristen"),
                            ("LEADER_DIGEST", "lederoversigt"),
                            ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                            ("DECISION_NEEDED", "besked om ventende breve"),
                            ("SUPPORT_ANSWER", "besked om svar"),
                            ("DESK_DIGEST", "oversigt over henvendelser"),
                            ("ADDRESS_FAILED", "besked om adressefejl"),
                            ("TEST", "prøvemail"),
                            ("ANSWER", "svar på en mail"),
                            ("CANARY", "mail til os selv"),
                            ("BOUNCE_CANARY", "mail, der skal komme retur"),
                            ("ALARM", "alarm"),
                            ("ACCESS_CHANGED", "besked om ændret adgang"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("requested_at", models.DateTimeField(verbose_name="bestilt")),
                ("newest_followup", models.BigIntegerField()),
                ("promised", models.PositiveIntegerField(verbose_name="lovet på knappen")),
                ("written", models.PositiveIntegerField(null=True, verbose_name="skrevet")),
                ("written_at", models.DateTimeField(null=True, verbose_name="alle skrevet")),
                (
                    "failed_receivers",
                    ArrayField(
                        base_field=models.BigIntegerField(), default=list, verbose_name="kunne ikke skrives til"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="dispatches", to="letters.incident"),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sendt af",
                    ),
                ),
                ("closes_at", models.DateTimeField(null=True, verbose_name="skrives senest")),
                (
                    "held_back",
                    ArrayField(
                        base_field=models.BigIntegerField(), default=list, verbose_name="fik en anden mail den dag"
                    ),
                ),
                ("step_on", models.DateField(null=True, verbose_name="trin den")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("RUNNING", "i gang"),
                            ("STOPPING", "bliver standset"),
                            ("STOPPED", "standset"),
                        ],
                        db_default="RUNNING",
                        default="RUNNING",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "receivers",
                    ArrayField(base_field=models.BigIntegerField(), null=True, verbose_name="valgt til at få den"),
                ),
            ],
            options={
                "verbose_name": "udsendelse",
                "verbose_name_plural": "udsendelser",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("receivers", None), ("written_at", None)),
                        fields=("incident", "kind"),
                        name="dispatch_one_at_a_time",
                        violation_error_message="En udsendelse er allerede i gang.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("written", None), ("written_at", None)),
                            models.Q(("written__isnull", False), ("written_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="dispatch_written_has_number",
                        violation_error_message="En udsendelse, der er skrevet, skal have et tidspunkt og et antal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("written_at", None), ("written_at__gte", models.F("requested_at")), _connector="OR"
                        ),
                        name="dispatch_written_after_request",
                        violation_error_message="En udsendelse kan ikke være skrevet, før den er bestilt.",
                    ),
                    models.UniqueConstraint(
                        fields=("incident", "kind", "step_on"),
                        name="dispatch_one_step_a_day",
                        violation_error_message="Trinnet er allerede taget den dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("step_on", None), ("closes_at__isnull", False), _connector="OR"),
                        name="dispatch_step_closes",
                        violation_error_message="Et trin skal høre op samme dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["RUNNING", "STOPPING", "STOPPED"])),
                        name="dispatch_status_known",
                        violation_error_message="Den status findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["STOPPING", "STOPPED"]), _negated=True),
                            ("written_at__isnull", False),
                            _connector="OR",
                        ),
                        name="dispatch_stopped_is_finished",
                        violation_error_message="En udsendelse, der er standset, bliver ikke skrevet videre.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("receivers", None),
                            models.Q(
                                ("closes_at__isnull", False),
                                ("receivers__len__gte", 1),
                                ("requested_by__isnull", False),
                                ("step_on", None),
                            ),
                            _connector="OR",
                        ),
                        name="dispatch_to_chosen_by_somebody",
                        violation_error_message="En påmindelse til udvalgte skal have en afsender, en modtager og en dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FIRST_NOTICE",
                                    "REMINDER",
                                    "DEADLINE_TODAY",
                                    "OVERDUE",
                                    "LEADER_DIGEST",
                                    "COORDINATOR_DIGEST",
                                    "DECISION_NEEDED",
                                    "SUPPORT_ANSWER",
                                    "DESK_DIGEST",
                                    "ADDRESS_FAILED",
                                    "TEST",
                                    "ANSWER",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "ALARM",
                                    "ACCESS_CHANGED",
                                ],
                            )
                        ),
                        name="dispatch_kind_known",
                        violation_error_message="Den slags besked findes ikke.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FIRST_NOTICE", "første besked"),
                            ("REMINDER", "påmindelse"),
                            ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                            ("OVERDUE", "påmindelse efter fristen"),
                            ("LEADER_DIGEST", "lederoversigt"),
                            ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                            ("DECISION_NEEDED", "besked om ventende breve"),
                            ("SUPPORT_ANSWER", "besked om svar"),
                            ("DESK_DIGEST", "oversigt over henvendelser"),
                            ("ADDRESS_FAILED", "besked om adressefejl"),
                            ("TEST", "prøvemail"),
                            ("ANSWER", "svar på en mail"),
                            ("CANARY", "mail til os selv"),
                            ("BOUNCE_CANARY", "mail, der skal komme retur"),
                            ("ALARM", "alarm"),
                            ("ACCESS_CHANGED", "besked om ændret adgang"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("letters", models.PositiveIntegerField(verbose_name="antal breve")),
                ("copies", models.PositiveSmallIntegerField(verbose_name="antal i kopi")),
                ("subject", models.CharField(max_length=200, verbose_name="emne")),
                ("text", models.TextField(verbose_name="tekst")),
                ("html", models.TextField(blank=True, verbose_name="html")),
                ("message_id", models.CharField(max_length=200, unique=True)),
                (
                    "text_digest",
                    models.CharField(blank=True, db_default="", max_length=64, verbose_name="aftryk af teksten"),
                ),
                ("created_at", models.DateTimeField(verbose_name="skrevet")),
                (
                    "dispatch",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="notices", to="notifications.dispatch"
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="leder",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="modtager",
                    ),
                ),
                ("in_reply_to", models.CharField(blank=True, max_length=998, verbose_name="svar på")),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="skrevet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "besked",
                "verbose_name_plural": "beskeder",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dispatch", "receiver"),
                        name="notice_once_per_receiver",
                        violation_error_message="Modtageren har allerede en mail i udsendelsen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("dispatch__isnull", False),
                                ("letters__gte", 1),
                                ("receiver__isnull", False),
                                ("written_by", None),
                                models.Q(
                                    (
                                        "kind__in",
                                        ("TEST", "ANSWER", "CANARY", "BOUNCE_CANARY", "ALARM", "ACCESS_CHANGED"),
                                    ),
                                    _negated=True,
                                ),
                            ),
                            models.Q(
                                ("dispatch", None),
                                (
                                    "kind__in",
                                    ("TEST", "ANSWER", "CANARY", "BOUNCE_CANARY", "ALARM", "ACCESS_CHANGED"),
                                ),
                                ("leader", None),
                                ("letters", 0),
                                ("receiver", None),
                            ),
                            _connector="OR",
                        ),
                        name="notice_names_a_letter",
                        violation_error_message="En besked hører til en udsendelse og nævner et brev. Andre mails gør ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FIRST_NOTICE",
                                    "REMINDER",
                                    "DEADLINE_TODAY",
                                    "OVERDUE",
                                    "LEADER_DIGEST",
                                    "COORDINATOR_DIGEST",
                                    "DECISION_NEEDED",
                                    "SUPPORT_ANSWER",
                                    "DESK_DIGEST",
                                    "ADDRESS_FAILED",
                                    "TEST",
                                    "ANSWER",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "ALARM",
                                    "ACCESS_CHANGED",
                                ],
                            )
                        ),
                        name="notice_kind_known",
                        violation_error_message="Den slags besked findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="6cfe316475d1410d2fbaae5b0987ef98bbdbf308",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e79a0",
                            table="notifications_notice",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FIRST_NOTICE", "første besked"),
                            ("REMINDER", "påmindelse"),
                            ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                            ("OVERDUE", "påmindelse efter fristen"),
                            ("LEADER_DIGEST", "lederoversigt"),
                            ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                            ("DECISION_NEEDED", "besked om ventende breve"),
                            ("SUPPORT_ANSWER", "besked om svar"),
                            ("DESK_DIGEST", "oversigt over henvendelser"),
                            ("ADDRESS_FAILED", "besked om adressefejl"),
                            ("TEST", "prøvemail"),
                            ("ANSWER", "svar på en mail"),
                            ("CANARY", "mail til os selv"),
                            ("BOUNCE_CANARY", "mail, der skal komme retur"),
                            ("ALARM", "alarm"),
                            ("ACCESS_CHANGED", "besked om ændret adgang"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("is_masked", models.BooleanField(default=False, verbose_name="emne skjult i mailen")),
                ("owed_on", models.DateField(verbose_name="skyldig den")),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="notice_items", to="followups.followup"),
                ),
                (
                    "notice",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="items", to="notifications.notice"),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="modtager"
                    ),
                ),
                ("turn", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="omgang")),
            ],
            options={
                "verbose_name": "brev i en besked",
                "verbose_name_plural": "breve i en besked",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("followup", "kind", "owed_on", "receiver", "turn"),
                        name="notice_item_owed_once",
                        violation_error_message="Modtageren har allerede fået den mail om brevet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FIRST_NOTICE",
                                    "REMINDER",
                                    "DEADLINE_TODAY",
                                    "OVERDUE",
                                    "LEADER_DIGEST",
                                    "COORDINATOR_DIGEST",
                                    "DECISION_NEEDED",
                                    "SUPPORT_ANSWER",
                                    "DESK_DIGEST",
                                    "ADDRESS_FAILED",
                                    "TEST",
                                    "ANSWER",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "ALARM",
                                    "ACCESS_CHANGED",
                                ],
                            )
                        ),
                        name="notice_item_kind_known",
                        violation_error_message="Den slags besked findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c1fca1e8158a061e7f3dbb89b4eeb3c31751d4d3",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_93524",
                            table="notifications_noticeitem",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(choices=[("TO", "modtager"), ("CC", "kopi")], max_length=10, verbose_name="rolle"),
                ),
                ("address", models.CharField(max_length=254, verbose_name="adresse")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("READY", "i kø"),
                            ("SENDING", "bliver sendt"),
                            ("DEFERRED", "prøves igen"),
                            ("ACCEPTED", "sendt"),
                            ("REFUSED", "afvist"),
                            ("REFUSED_SPAM", "afvist som spam"),
                            ("GIVEN_UP", "opgivet"),
                            ("UNKNOWN", "uvist"),
                            ("UNAPPROVED", "adressen er ikke godkendt"),
                            ("STOPPED", "standset"),
                            ("DELAYED", "forsinket"),
                            ("RELAYED", "sendt videre"),
                            ("RETURNED", "kom retur"),
                            ("DELIVERED", "afleveret"),
                            ("AUTO_REPLY", "autosvar"),
                            ("CHALLENGED", "holdt tilbage"),
                            ("COMPLAINT", "meldt som spam"),
                            ("ACKNOWLEDGED", "kvitteret"),
                            ("UNCONFIRMED", "ubekræftet"),
                            ("TOLD", "fortalt i telefonen"),
                            ("REPLACED", "erstattet"),
                            ("NEEDLESS", "ikke nødvendig"),
                        ],
                        default="READY",
                        max_length=20,
                        verbose_name="tilstand",
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(null=True, verbose_name="næste forsøg")),
                ("lease", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="forsøg")),
                ("return_token", models.CharField(max_length=40)),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="taget imod")),
                ("changed_at", models.DateTimeField(verbose_name="sidst ændret")),
                ("stage", models.CharField(blank=True, max_length=10, verbose_name="trin")),
                ("code", models.PositiveSmallIntegerField(null=True, verbose_name="svarkode")),
                ("reply", models.TextField(blank=True, verbose_name="svar")),
                ("queue_id", models.CharField(blank=True, max_length=100, verbose_name="nummer hos mailserveren")),
                (
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="deliveries",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="modtager",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        db_index=False, on_delete=models.PROTECT, related_name="deliveries", to="notifications.notice"
                    ),
                ),
                ("day", models.DateField(null=True, verbose_name="dagens mail den")),
                (
                    "day_incident",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="letters.incident",
                        verbose_name="dagens mail om",
                    ),
                ),
                ("away_until", models.DateField(null=True, verbose_name="væk til")),
                ("first_lease", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "evidence_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("READY", "i kø"),
                            ("SENDING", "bliver sendt"),
                            ("DEFERRED", "prøves igen"),
                            ("ACCEPTED", "sendt"),
                            ("REFUSED", "afvist"),
                            ("REFUSED_SPAM", "afvist som spam"),
                            ("GIVEN_UP", "opgivet"),
                            ("UNKNOWN", "uvist"),
                            ("UNAPPROVED", "adressen er ikke godkendt"),
                            ("STOPPED", "standset"),
                            ("DELAYED", "forsinket"),
                            ("RELAYED", "sendt videre"),
                            ("RETURNED", "kom retur"),
                            ("DELIVERED", "afleveret"),
                            ("AUTO_REPLY", "autosvar"),
                            ("CHALLENGED", "holdt tilbage"),
                            ("COMPLAINT", "meldt som spam"),
                            ("ACKNOWLEDGED", "kvitteret"),
                            ("UNCONFIRMED", "ubekræftet"),
                            ("TOLD", "fortalt i telefonen"),
                            ("REPLACED", "erstattet"),
                            ("NEEDLESS", "ikke nødvendig"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                        verbose_name="hørt siden",
                    ),
                ),
                (
                    "resolution_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("READY", "i kø"),
                            ("SENDING", "bliver sendt"),
                            ("DEFERRED", "prøves igen"),
                            ("ACCEPTED", "sendt"),
                            ("REFUSED", "afvist"),
                            ("REFUSED_SPAM", "afvist som spam"),
                            ("GIVEN_UP", "opgivet"),
                            ("UNKNOWN", "uvist"),
                            ("UNAPPROVED", "adressen er ikke godkendt"),
                            ("STOPPED", "standset"),
                            ("DELAYED", "forsinket"),
                            ("RELAYED", "sendt videre"),
                            ("RETURNED", "kom retur"),
                            ("DELIVERED", "afleveret"),
                            ("AUTO_REPLY", "autosvar"),
                            ("CHALLENGED", "holdt tilbage"),
                            ("COMPLAINT", "meldt som spam"),
                            ("ACKNOWLEDGED", "kvitteret"),
                            ("UNCONFIRMED", "ubekræftet"),
                            ("TOLD", "fortalt i telefonen"),
                            ("REPLACED", "erstattet"),
                            ("NEEDLESS", "ikke nødvendig"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                        verbose_name="afklaret",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at", "id"],
                        name="delivery_to_claim",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("notice", "address"),
                        name="delivery_once_per_address",
                        violation_error_message="Adressen får allerede mailen.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("role", "TO"), models.Q(("resolution_state", "REPLACED"), _negated=True)),
                        fields=("notice",),
                        name="delivery_one_to",
                        violation_error_message="En mail går til netop én; andre får den i kopi.",
                    ),
                    models.UniqueConstraint(
                        fields=("return_token",),
                        name="delivery_token_once",
                        violation_error_message="To mails kan ikke have samme returadresse.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "STOPPED"), _negated=True),
                        fields=("recipient", "day_incident", "day"),
                        name="delivery_once_a_day",
                        violation_error_message="Personen har allerede fået en mail om hændelsen den dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("day", None), ("day_incident", None)),
                            models.Q(("day__isnull", False), ("day_incident__isnull", False)),
                            _connector="OR",
                        ),
                        name="delivery_day_has_incident",
                        violation_error_message="Dagens mail skal høre til en hændelse.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("next_attempt_at__isnull", False), ("state__in", ["READY", "SENDING", "DEFERRED"])
                            ),
                            models.Q(
                                models.Q(("state__in", ["READY", "SENDING", "DEFERRED"]), _negated=True),
                                ("next_attempt_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_under_way_has_a_time",
                        violation_error_message="En mail på vej skal have et næste tidspunkt, og en mail i ro skal ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "SENDING"), _negated=True), ("lease__gte", 1), _connector="OR"
                        ),
                        name="delivery_sending_has_a_lease",
                        violation_error_message="En mail, der bliver sendt, skal være taget af nogen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at__isnull", False), ("code__isnull", False), ("state", "ACCEPTED")),
                            models.Q(models.Q(("state", "ACCEPTED"), _negated=True), ("accepted_at", None)),
                            _connector="OR",
                        ),
                        name="delivery_accepted_has_a_reply",
                        violation_error_message="En sendt mail skal have et tidspunkt og et svar fra mailserveren.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["READY", "SENDING", "STOPPED"]),
                            models.Q(("stage", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="delivery_tried_has_a_stage",
                        violation_error_message="Skriv, hvor langt mailen kom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "READY",
                                    "SENDING",
                                    "DEFERRED",
                                    "ACCEPTED",
                                    "REFUSED",
                                    "REFUSED_SPAM",
                                    "GIVEN_UP",
                                    "UNKNOWN",
                                    "UNAPPROVED",
                                    "STOPPED",
                                ],
                            )
                        ),
                        name="delivery_state_known",
                        violation_error_message="Den tilstand findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "evidence_state__in",
                                [
                                    "",
                                    "ACKNOWLEDGED",
                                    "COMPLAINT",
                                    "CHALLENGED",
                                    "AUTO_REPLY",
                                    "DELIVERED",
                                    "REFUSED_SPAM",
                                    "RETURNED",
                                    "RELAYED",
                                    "DELAYED",
                                ],
                            )
                        ),
                        name="delivery_evidence_state_known",
                        violation_error_message="Det kan ingen mail fortælle.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_lease__lte", CombinedExpression(models.F("lease"), "+", models.Value(1)))
                        ),
                        name="delivery_first_lease_has_been_or_is_next",
                        violation_error_message="En forsendelse begynder med det næste forsøg.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolution_state", ""),
                            models.Q(
                                ("resolution_state__in", ["TOLD", "REPLACED", "NEEDLESS"]),
                                models.Q(("state__in", ["READY", "SENDING", "DEFERRED"]), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_resolved_at_rest",
                        violation_error_message="Kun en mail, der er i ro, kan afklares.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["TO", "CC"])),
                        name="delivery_role_known",
                        violation_error_message="En mail går til nogen eller til nogen i kopi.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage__in",
                                ["", "prepare", "connect", "ehlo", "starttls", "login", "mail", "rcpt", "data", "done"],
                            )
                        ),
                        name="delivery_stage_known",
                        violation_error_message="Det trin har en samtale med en mailserver ikke.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lease", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField(verbose_name="begyndt")),
                ("ended_at", models.DateTimeField(verbose_name="slut")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("prepare", "før samtalen"),
                            ("connect", "forbindelse"),
                            ("ehlo", "hilsen"),
                            ("starttls", "kryptering"),
                            ("login", "adgang"),
                            ("mail", "afsender"),
                            ("rcpt", "modtager"),
                            ("data", "indhold"),
                            ("done", "færdig"),
                        ],
                        max_length=10,
                        verbose_name="nåede til",
                    ),
                ),
                ("code", models.PositiveSmallIntegerField(null=True, verbose_name="svarkode")),
                ("reply", models.TextField(blank=True, verbose_name="svar")),
                ("dsn_offered", models.BooleanField(null=True, verbose_name="kvittering tilbudt")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ACCEPTED", "taget imod"),
                            ("DEFERRED", "vent"),
                            ("REFUSED", "afvist"),
                            ("REFUSED_SPAM", "afvist som spam"),
                            ("UNKNOWN", "uvist"),
                            ("UNAPPROVED", "adressen er ikke godkendt"),
                        ],
                        max_length=20,
                        verbose_name="udfald",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="conversations",
                        to="notifications.delivery",
                    ),
                ),
                (
                    "server",
                    models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="mailserver"),
                ),
            ],
            options={
                "verbose_name": "samtale",
                "verbose_name_plural": "samtaler",
                "indexes": [BrinIndex(autosummarize=True, fields=["ended_at"], name="attempt_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("delivery", "lease"),
                        name="attempt_once_per_lease",
                        violation_error_message="Samtalen er allerede skrevet ned.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "ACCEPTED"), _negated=True),
                            models.Q(("code__isnull", False), models.Q(("reply", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="attempt_accepted_has_a_reply",
                        violation_error_message="En mail, der er taget imod, skal have mailserverens svar.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stage__in",
                                ["prepare", "connect", "ehlo", "starttls", "login", "mail", "rcpt", "data", "done"],
                            )
                        ),
                        name="attempt_stage_known",
                        violation_error_message="Det trin har en samtale med en mailserver ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                ["ACCEPTED", "DEFERRED", "REFUSED", "REFUSED_SPAM", "UNKNOWN", "UNAPPROVED"],
                            )
                        ),
                        name="attempt_outcome_known",
                        violation_error_message="Sådan kan en samtale med en mailserver ikke ende.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="88fe128e9b335285b7bae8d747c9338aebaab334",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_ed8cf",
                            table="notifications_attempt",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IncomingMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("raw", models.BinaryField(verbose_name="som den kom")),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField(verbose_name="modtaget")),
                ("envelope_from", models.CharField(blank=True, max_length=320, verbose_name="konvoluttens afsender")),
                ("envelope_to", models.CharField(blank=True, max_length=320, verbose_name="konvoluttens modtager")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bounce", "kom retur"),
                            ("delay", "forsinket"),
                            ("delivered", "kvittering"),
                            ("relayed", "sendt videre"),
                            ("auto_reply", "autosvar"),
                            ("challenge", "holdt tilbage"),
                            ("complaint", "meldt som spam"),
                            ("human", "svar fra et menneske"),
                            ("other", "andet"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("author", models.CharField(blank=True, max_length=320, verbose_name="fra")),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="emne")),
                ("recipients", models.JSONField(default=list, verbose_name="hvad den siger om hvem")),
                ("message_id", models.CharField(blank=True, max_length=1000, verbose_name="den mail, den handler om")),
                ("away_until", models.DateField(null=True, verbose_name="væk til")),
                (
                    "match_status",
                    models.CharField(
                        choices=[
                            ("WAITING", "venter på at blive læst"),
                            ("MATCHED", "hører til en mail"),
                            ("UNMATCHED", "hører ikke til nogen mail"),
                            ("FORGED", "forfalsket returadresse"),
                            ("OURS", "vores egen mail"),
                            ("CODE", "mail med en kode"),
                            ("UNREADABLE", "kunne ikke læses"),
                        ],
                        default="WAITING",
                        max_length=20,
                        verbose_name="hvad blev der af den",
                    ),
                ),
                (
                    "matched_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("TOKEN", "returadressen"),
                            ("ENVELOPE_ID", "forsendelsens nummer"),
                            ("MESSAGE_ID", "mailens nummer"),
                        ],
                        max_length=20,
                        verbose_name="genkendt på",
                    ),
                ),
                ("filed_at", models.DateTimeField(null=True, verbose_name="læst")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="afsluttet")),
                (
                    "escalation",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="followups.escalation",
                        verbose_name="henvendelse",
                    ),
                ),
                (
                    "answer",
                    models.OneToOneField(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="answers",
                        to="notifications.notice",
                        verbose_name="svar",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="incoming",
                        to="notifications.delivery",
                        verbose_name="mail",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="incoming",
                        to="notifications.notice",
                        verbose_name="besked",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="afsluttet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "indgående mail",
                "verbose_name_plural": "indgående mails",
                "indexes": [
                    models.Index(
                        condition=models.Q(("match_status", "WAITING")), fields=["id"], name="incoming_waiting"
                    ),
                    models.Index(
                        models.OrderBy(models.F("received_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="incoming_newest_first",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sha256", "envelope_to"),
                        name="incoming_once",
                        violation_error_message="Mailen er allerede modtaget.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("filed_at", None), ("kind", ""), ("match_status", "WAITING")),
                            models.Q(
                                models.Q(("match_status", "WAITING"), _negated=True),
                                models.Q(("filed_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="incoming_waits_until_it_is_filed",
                        violation_error_message="En mail venter, til den er læst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("delivery__isnull", False), ("match_status", "MATCHED"), ("notice__isnull", False)
                            ),
                            models.Q(models.Q(("match_status", "MATCHED"), _negated=True), ("delivery", None)),
                            _connector="OR",
                        ),
                        name="incoming_matched_has_a_delivery",
                        violation_error_message="En mail, der er genkendt, hører til en mail, vi har sendt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("matched_by", ""), ("notice", None)),
                            models.Q(("notice__isnull", False), models.Q(("matched_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="incoming_says_how_it_was_matched",
                        violation_error_message="Skriv, hvad mailen er genkendt på.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("settled_by", None)),
                            models.Q(("settled_by__isnull", False), models.Q(("settled_at", None), _negated=True)),
                            _connector="OR",
                        ),
                        name="incoming_settled_by_somebody",
                        violation_error_message="Skriv, hvem der har afsluttet mailen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer", None), models.Q(("settled_at", None), _negated=True), _connector="OR"
                        ),
                        name="incoming_answered_is_settled",
                        violation_error_message="En besvaret mail er afsluttet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("escalation", None), models.Q(("settled_at", None), _negated=True), _connector="OR"
                        ),
                        name="incoming_handed_over_is_settled",
                        violation_error_message="En mail, der er givet videre, er afsluttet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "",
                                    "bounce",
                                    "delay",
                                    "delivered",
                                    "relayed",
                                    "auto_reply",
                                    "challenge",
                                    "complaint",
                                    "human",
                                    "other",
                                ],
                            )
                        ),
                        name="incoming_kind_known",
                        violation_error_message="Den slags indgående mail findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "match_status__in",
                                ["WAITING", "MATCHED", "UNMATCHED", "FORGED", "OURS", "CODE", "UNREADABLE"],
                            )
                        ),
                        name="incoming_match_status_known",
                        violation_error_message="Det kan der ikke blive af en indgående mail.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("matched_by__in", ["", "TOKEN", "ENVELOPE_ID", "MESSAGE_ID"])),
                        name="incoming_matched_by_known",
                        violation_error_message="Det kan en indgående mail ikke genkendes på.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="never_deleted",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="315e7ba80e5ee4c8407eff25e5eb5667bd45e694",
                            operation="DELETE",
                            pgid="pgtrigger_never_deleted_7394e",
                            table="notifications_incomingmail",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="received_read_only",
                        sql=UpsertTriggerSql(
                            condition='WHEN (OLD."raw" IS DISTINCT FROM (NEW."raw") OR OLD."sha256" IS DISTINCT FROM (NEW."sha256") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."envelope_from" IS DISTINCT FROM (NEW."envelope_from") OR OLD."envelope_to" IS DISTINCT FROM (NEW."envelope_to"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="5a1256e21f0c132f9906f59eaa925d91de947205",
                            operation="UPDATE",
                            pgid="pgtrigger_received_read_only_dec25",
                            table="notifications_incomingmail",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lease", models.PositiveIntegerField()),
                (
                    "proves",
                    models.CharField(
                        choices=[
                            ("READY", "i kø"),
                            ("SENDING", "bliver sendt"),
                            ("DEFERRED", "prøves igen"),
                            ("ACCEPTED", "sendt"),
                            ("REFUSED", "afvist"),
                            ("REFUSED_SPAM", "afvist som spam"),
                            ("GIVEN_UP", "opgivet"),
                            ("UNKNOWN", "uvist"),
                            ("UNAPPROVED", "adressen er ikke godkendt"),
                            ("STOPPED", "standset"),
                            ("DELAYED", "forsinket"),
                            ("RELAYED", "sendt videre"),
                            ("RETURNED", "kom retur"),
                            ("DELIVERED", "afleveret"),
                            ("AUTO_REPLY", "autosvar"),
                            ("CHALLENGED", "holdt tilbage"),
                            ("COMPLAINT", "meldt som spam"),
                            ("ACKNOWLEDGED", "kvitteret"),
                            ("UNCONFIRMED", "ubekræftet"),
                            ("TOLD", "fortalt i telefonen"),
                            ("REPLACED", "erstattet"),
                            ("NEEDLESS", "ikke nødvendig"),
                        ],
                        max_length=20,
                        verbose_name="viser",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="hvornår")),
                ("status", models.CharField(blank=True, max_length=12, verbose_name="kode")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="begrundelse")),
                ("away_until", models.DateField(null=True, verbose_name="væk til")),
                (
                    "decision",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="followups.decision"),
                ),
                (
                    "delivery",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="evidence", to="notifications.delivery"),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="evidence", to="notifications.incomingmail"
                    ),
                ),
            ],
            options={
                "verbose_name": "bevis",
                "verbose_name_plural": "beviser",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mail", "delivery"),
                        name="evidence_once_per_mail",
                        violation_error_message="Mailen er allerede brugt som bevis.",
                    ),
                    models.UniqueConstraint(
                        fields=("decision", "delivery"),
                        name="evidence_once_per_act",
                        violation_error_message="Handlingen er allerede brugt som bevis.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision__isnull", False), ("mail", None), ("proves", "ACKNOWLEDGED")),
                            models.Q(
                                models.Q(("proves", "ACKNOWLEDGED"), _negated=True),
                                ("decision", None),
                                ("mail__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="evidence_has_its_source",
                        violation_error_message="Kun en handling på siden er en kvittering, og alt andet kommer fra en mail.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "proves__in",
                                [
                                    "ACKNOWLEDGED",
                                    "COMPLAINT",
                                    "CHALLENGED",
                                    "AUTO_REPLY",
                                    "DELIVERED",
                                    "REFUSED_SPAM",
                                    "RETURNED",
                                    "RELAYED",
                                    "DELAYED",
                                ],
                            )
                        ),
                        name="evidence_proves_something",
                        violation_error_message="Det kan ingen mail fortælle.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("away_until", None), ("proves", "AUTO_REPLY"), _connector="OR"),
                        name="evidence_only_an_auto_reply_is_away",
                        violation_error_message="Kun et autosvar fortæller, hvor længe nogen er væk.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b80b6ac7417e7aa1db8f7520712a2f0d21a628ac",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_bb71c",
                            table="notifications_evidence",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SendingDatabase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity", models.TextField(verbose_name="kendetegn")),
                ("since", models.DateTimeField(verbose_name="siden")),
            ],
            options={
                "verbose_name": "afsendende database",
                "verbose_name_plural": "afsendende databaser",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)),
                        name="home_is_one",
                        violation_error_message="Mails sendes fra én database.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReminderSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("switched_on_at", models.DateTimeField(null=True, verbose_name="slået til")),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=models.PROTECT, related_name="reminder_schedule", to="letters.incident"
                    ),
                ),
                (
                    "switched_on_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="slået til af",
                    ),
                ),
            ],
            options={
                "verbose_name": "påmindelser",
                "verbose_name_plural": "påmindelser",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("switched_on_at", None), ("switched_on_by", None)),
                            models.Q(("switched_on_at__isnull", False), ("switched_on_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="ladder_on_has_who",
                        violation_error_message="Skriv, hvem der har slået påmindelserne til.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReminderScheduleChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ON", "slog påmindelserne til"),
                            ("OFF", "slog påmindelserne fra"),
                        ],
                        max_length=10,
                        verbose_name="hvad",
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="reminder_schedule_changes", to="letters.incident"
                    ),
                ),
            ],
            options={
                "verbose_name": "ændring af påmindelser",
                "verbose_name_plural": "ændringer af påmindelser",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["ON", "OFF"])), name="ladder_change_is_known"
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="2d664a75fabc88ff8b19a958a2f250cf219ebdf4",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_543b5",
                            table="notifications_reminderschedulechange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="84ec8ba9f6caeb78ef8a3b9b3b9aa4f78e4d0d37",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_ab811",
                            table="notifications_reminderschedulechange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="2a4cec5b502fbd1c3f8447bc922654253cc97921",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_61eb9",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="notifications_reminderschedulechange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailServer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300, unique=True, verbose_name="navn")),
                ("failures", models.PositiveIntegerField(verbose_name="gange i træk")),
                ("aside_until", models.DateTimeField(verbose_name="sat til side til")),
                ("reply", models.TextField(blank=True, verbose_name="svar")),
                ("changed_at", models.DateTimeField(verbose_name="sidst ændret")),
            ],
            options={
                "verbose_name": "mailserver",
                "verbose_name_plural": "mailservere",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("failures__gte", 1)),
                        name="mail_server_has_failed",
                        violation_error_message="En mailserver, der svarer, sættes ikke til side.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FailedMailResolution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ADDRESS", "sendt igen til en rettet adresse"),
                            ("TOLD", "fortalt i telefonen"),
                            ("NEEDLESS", "ikke nødvendig længere"),
                        ],
                        max_length=20,
                        verbose_name="hvordan",
                    ),
                ),
                ("person_told", models.CharField(blank=True, max_length=200, verbose_name="hvem fik det at vide")),
                ("told_on", models.DateField(null=True, verbose_name="hvilken dag")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=models.PROTECT, related_name="resolution", to="notifications.delivery"
                    ),
                ),
                (
                    "replacement",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to="notifications.delivery"
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "afklaring",
                "verbose_name_plural": "afklaringer",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "ADDRESS"),
                                ("person_told", ""),
                                ("replacement__isnull", False),
                                ("told_on", None),
                            ),
                            models.Q(
                                ("kind", "TOLD"),
                                ("replacement", None),
                                ("told_on__isnull", False),
                                models.Q(("person_told", ""), _negated=True),
                            ),
                            models.Q(
                                ("kind", "NEEDLESS"),
                                ("person_told", ""),
                                ("replacement", None),
                                ("told_on", None),
                                models.Q(("note", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="resolution_has_details",
                        violation_error_message="Skriv, hvem der fik det at vide og hvornår, eller hvorfor det kan undværes.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql", personal="{person_told,note}"
                            ),
                            hash="88ac4e50f4ca42ba5296cd3f1b40f6205a5e67d2",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f3e67",
                            table="notifications_failedmailresolution",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="304d2a017b0ffc0d9d8af6a1f1ede8ff59c2fdf5",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_c761e",
                            table="notifications_failedmailresolution",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{person_told,note}",
                                rest="(line.content) - '{salt,person_told,note}'::text[]",
                            ),
                            hash="98f7a02411e18d3bc9f3135609f4146e8c106644",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_ac5e8",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="notifications_failedmailresolution",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnanswerableCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="dag")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("letters", models.PositiveIntegerField(verbose_name="åbne breve")),
                (
                    "nobodys",
                    ArrayField(
                        base_field=models.BigIntegerField(), default=list, verbose_name="uden nogen, der kan svare"
                    ),
                ),
                ("incident", models.ForeignKey(on_delete=models.PROTECT, related_name="proofs", to="letters.incident")),
            ],
            options={
                "verbose_name": "bevis",
                "verbose_name_plural": "beviser",
                "ordering": ["-on"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "on"),
                        name="proof_once_a_day",
                        violation_error_message="Brevene er allerede gennemgået den dag.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "letters__gte",
                                models.Func("nobodys", function="cardinality", output_field=models.IntegerField()),
                            )
                        ),
                        name="proof_found_no_more_than_there_are",
                        violation_error_message="Der kan ikke være flere breve uden nogen end åbne breve.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="8d3fb1435bf44384a824d4e14b5cee068c7a036a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_fec63",
                            table="notifications_unanswerablecheck",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="e07eea4d0290ce67fc7a1d53f5bb6c7e6f7a464d",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_eee96",
                            table="notifications_unanswerablecheck",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="1625b1082c896dfe41884e1a9310801d93f87714",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_93df0",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="notifications_unanswerablecheck",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SendingSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("paused_at", models.DateTimeField(null=True, verbose_name="på pause siden")),
                (
                    "incident",
                    models.OneToOneField(on_delete=models.PROTECT, related_name="sending", to="letters.incident"),
                ),
            ],
            options={
                "verbose_name": "afsendelse",
                "verbose_name_plural": "afsendelser",
            },
        ),
        migrations.CreateModel(
            name="SendingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("REMINDED", "bestilte påmindelser til"),
                            ("ASSURED", "bekræftede"),
                            ("PAUSED", "satte på pause"),
                            ("RESUMED", "fortsatte"),
                            ("STOPPED", "standsede udsendelsen"),
                        ],
                        max_length=20,
                        verbose_name="hvad",
                    ),
                ),
                ("number", models.PositiveIntegerField(null=True, verbose_name="antal")),
                ("reason", models.TextField(blank=True, verbose_name="begrundelse")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dispatch",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="changes", to="notifications.dispatch"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="sending_changes", to="letters.incident"),
                ),
                (
                    "test_mail",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="notifications.notice"),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "verbose_name": "ændring af afsendelse",
                "verbose_name_plural": "ændringer af afsendelse",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["REMINDED", "ASSURED", "PAUSED", "RESUMED", "STOPPED"])),
                        name="sending_change_kind_known",
                        violation_error_message="Det kan man ikke gøre ved en udsendelse.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["PAUSED", "STOPPED"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="sending_change_has_reason",
                        violation_error_message="Skriv hvorfor.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "PAUSED"),
                            models.Q(("kind", "ASSURED"), ("test_mail", None)),
                            ("by__isnull", False),
                            _connector="OR",
                        ),
                        name="sending_change_by_somebody",
                        violation_error_message="Skriv, hvem der gjorde det.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ASSURED"), _negated=True),
                            models.Q(
                                ("number__isnull", False),
                                models.Q(
                                    ("test_mail__isnull", False),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="sending_change_is_assured",
                        violation_error_message="Send en prøvemail til dig selv, eller skriv, hvorfor du ikke gør det.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dispatch__isnull", False), ("kind__in", ["PAUSED", "RESUMED"]), _connector="OR"
                        ),
                        name="sending_change_of_a_dispatch",
                        violation_error_message="Det gælder én udsendelse.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{reason}"),
                            hash="d764a1f6ba28b0e71a70255080a16477aefea552",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_568c3",
                            table="notifications_sendingchange",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="33cc35eec58442880dd745e8d13677a8349ee545",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_95a2a",
                            table="notifications_sendingchange",
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
                            hash="ab1dc547db717a79d6a585d40bcec8cb95c39815",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_89f28",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="notifications_sendingchange",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FIRST_NOTICE", "første besked"),
                            ("REMINDER", "påmindelse"),
                            ("DEADLINE_TODAY", "påmindelse på fristens dag"),
                            ("OVERDUE", "påmindelse efter fristen"),
                            ("LEADER_DIGEST", "lederoversigt"),
                            ("COORDINATOR_DIGEST", "koordinatoroversigt"),
                            ("DECISION_NEEDED", "besked om ventende breve"),
                            ("SUPPORT_ANSWER", "besked om svar"),
                            ("DESK_DIGEST", "oversigt over henvendelser"),
                            ("ADDRESS_FAILED", "besked om adressefejl"),
                            ("TEST", "prøvemail"),
                            ("ANSWER", "svar på en mail"),
                            ("CANARY", "mail til os selv"),
                            ("BOUNCE_CANARY", "mail, der skal komme retur"),
                            ("ALARM", "alarm"),
                            ("ACCESS_CHANGED", "besked om ændret adgang"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("subject", models.CharField(max_length=300, verbose_name="emne")),
                ("body", models.TextField(verbose_name="tekst")),
                ("is_reset", models.BooleanField(default=False, verbose_name="tilbage til standardteksten")),
                ("written_at", models.DateTimeField(default=timezone.now, verbose_name="skrevet")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="notice_texts", to="letters.incident"),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="skrevet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "tekst",
                "verbose_name_plural": "tekster",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "kind", "version"),
                        name="notice_text_version_once",
                        violation_error_message="En anden har gemt teksten imens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="notice_text_counts_from_one",
                        violation_error_message="Den første version af en tekst er 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subject", ""), _negated=True), models.Q(("body", ""), _negated=True)
                        ),
                        name="notice_text_says_something",
                        violation_error_message="En tekst skal have et emne og et indhold.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("TEST", "ANSWER", "CANARY", "BOUNCE_CANARY", "ALARM", "ACCESS_CHANGED")),
                            _negated=True,
                        ),
                        name="notice_text_of_a_notice",
                        violation_error_message="Den slags mail har ingen tekst, man kan rette.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FIRST_NOTICE",
                                    "REMINDER",
                                    "DEADLINE_TODAY",
                                    "OVERDUE",
                                    "LEADER_DIGEST",
                                    "COORDINATOR_DIGEST",
                                    "DECISION_NEEDED",
                                    "SUPPORT_ANSWER",
                                    "DESK_DIGEST",
                                    "ADDRESS_FAILED",
                                    "TEST",
                                    "ANSWER",
                                    "CANARY",
                                    "BOUNCE_CANARY",
                                    "ALARM",
                                    "ACCESS_CHANGED",
                                ],
                            )
                        ),
                        name="notice_text_kind_known",
                        violation_error_message="Den slags besked findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ba4af00550e366d39af213d55b2ac0d438558090",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0b49a",
                            table="notifications_noticetext",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="01847e1152ec51218164e6ecce83d76eb1015da7",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_c4d06",
                            table="notifications_noticetext",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="bcc54c065df47c22d29c35c708057dd086207e58",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_11b6b",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="notifications_noticetext",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "queue",
                    models.CharField(
                        choices=[("celery", "opgaver"), ("mail", "mails"), ("codes", "koder")],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                        verbose_name="kø",
                    ),
                ),
                ("at", models.DateTimeField(db_default=Now(), verbose_name="sidst hørt")),
            ],
            options={
                "verbose_name": "livstegn",
                "verbose_name_plural": "livstegn",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(queue__in=["celery", "mail", "codes"]),
                        name="heartbeat_queue_known",
                        violation_error_message="Den kø giver ingen livstegn.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="adresse")),
                ("code", models.CharField(blank=True, max_length=8, verbose_name="kode")),
                ("requested_at", models.DateTimeField(db_default=Now(), verbose_name="bedt om")),
                ("next_attempt_at", models.DateTimeField(db_default=Now(), verbose_name="prøves igen")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sendt")),
                ("problem", models.CharField(blank=True, max_length=300, verbose_name="svar")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="sign_in_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "kode",
                "verbose_name_plural": "koder",
                "indexes": [
                    models.Index(condition=~models.Q(code=""), fields=["id"], name="sign_in_code_waiting"),
                ],
            },
        ),
    ]
