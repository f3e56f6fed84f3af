"""Follow-ups, what is decided in them, and what is asked about them."""

from django.conf import settings
from django.db import migrations, models
from pgtrigger.compiler import Trigger, UpsertTriggerSql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0007_reachable"),
        ("letters", "0001_squashed_0023_who_said_personnel_case"),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "mangler beslutning"),
                            ("DECIDED", "besluttet"),
                            ("DONE", "udført"),
                            ("CONFIRMED", "bekræftet"),
                        ],
                        default="OPEN",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="dato i brevet")),
                (
                    "remedy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("RESEND", "genfremsendelse"),
                            ("NEW_LETTER", "nyt brev"),
                            ("NO_DISPATCH", "ingen ny forsendelse"),
                        ],
                        max_length=20,
                        verbose_name="hvad gøres",
                    ),
                ),
                ("no_dispatch_reason", models.TextField(blank=True, verbose_name="hvorfor ikke")),
                ("deadline_missed", models.BooleanField(null=True, verbose_name="frist passeret")),
                ("missed_on", models.DateField(blank=True, null=True, verbose_name="dato i det gamle brev")),
                ("new_deadline", models.DateField(blank=True, null=True, verbose_name="dato i det nye brev")),
                (
                    "consequence_review",
                    models.CharField(
                        blank=True,
                        choices=[("NONE", "nej"), ("FOUND", "ja"), ("UNKNOWN", "det ved jeg ikke endnu")],
                        max_length=20,
                        verbose_name="følger",
                    ),
                ),
                ("is_journalised", models.BooleanField(default=False, verbose_name="journaliseret")),
                ("record_number", models.CharField(blank=True, max_length=60, verbose_name="journalnummer")),
                ("note", models.TextField(blank=True, verbose_name="bemærkning")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="besluttet")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="udført")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="bekræftet")),
                ("version", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField(auto_now_add=True, verbose_name="åbnet")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="bekræftet af",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="besluttet af",
                    ),
                ),
                (
                    "letter",
                    models.OneToOneField(
                        on_delete=models.PROTECT, related_name="followup", to="letters.letter", verbose_name="brev"
                    ),
                ),
            ],
            options={
                "verbose_name": "opfølgning",
                "verbose_name_plural": "opfølgninger",
                "indexes": [models.Index(fields=["status", "due_on"], name="followup_status_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "OPEN"),
                                ("consequence_review", ""),
                                ("deadline_missed__isnull", True),
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("is_journalised", False),
                                ("missed_on__isnull", True),
                                ("new_deadline__isnull", True),
                                ("no_dispatch_reason", ""),
                                ("note", ""),
                                ("record_number", ""),
                                ("remedy", ""),
                                ("done_at__isnull", True),
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                            ),
                            models.Q(
                                ("status", "DECIDED"),
                                ("deadline_missed__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("remedy", ""), _negated=True),
                                models.Q(("consequence_review", ""), _negated=True),
                                ("done_at__isnull", True),
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                            ),
                            models.Q(
                                ("status", "DONE"),
                                ("deadline_missed__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("remedy", ""), _negated=True),
                                models.Q(("consequence_review", ""), _negated=True),
                                ("done_at__isnull", False),
                                ("confirmed_at__isnull", True),
                                ("confirmed_by__isnull", True),
                            ),
                            models.Q(
                                ("status", "CONFIRMED"),
                                ("deadline_missed__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("remedy", ""), _negated=True),
                                models.Q(("consequence_review", ""), _negated=True),
                                ("done_at__isnull", False),
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="followup_status_has_its_fields",
                        violation_error_message="Status og oplysninger passer ikke sammen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["OPEN", "DECIDED", "DONE", "CONFIRMED"])),
                        name="followup_status_known",
                        violation_error_message="Den status findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("remedy__in", ["", "RESEND", "NEW_LETTER", "NO_DISPATCH"])),
                        name="followup_remedy_known",
                        violation_error_message="Den beslutning findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consequence_review__in", ["", "NONE", "FOUND", "UNKNOWN"])),
                        name="followup_consequence_review_known",
                        violation_error_message="Det svar om følger findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("remedy", "NO_DISPATCH"), models.Q(("no_dispatch_reason", ""), _negated=True)),
                            models.Q(models.Q(("remedy", "NO_DISPATCH"), _negated=True), ("no_dispatch_reason", "")),
                            _connector="OR",
                        ),
                        name="followup_no_dispatch_has_reason",
                        violation_error_message="Skriv, hvorfor brevet ikke skal sendes igen, og kun når det ikke skal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("missed_on", None), ("new_deadline", None)),
                            models.Q(("deadline_missed", True), ("deadline_missed__isnull", False)),
                            _connector="OR",
                        ),
                        name="followup_missed_date_only_when_missed",
                        violation_error_message="En passeret dato og en ny dato hører kun til, når en frist er passeret.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("DECIDED", "besluttede"),
                            ("UNDONE", "fortrød beslutningen"),
                            ("DONE", "skrev, at brevet er sendt"),
                            ("CONFIRMED", "bekræftede"),
                            ("HELP_ASKED", "bad om hjælp"),
                            ("HELP_ANSWERED", "svarede"),
                        ],
                        max_length=20,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("answers", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="decisions", to="followups.followup"),
                ),
            ],
            options={
                "verbose_name": "beslutning",
                "verbose_name_plural": "beslutninger",
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("followup", "version"),
                        name="decision_once_per_version",
                        violation_error_message="En anden har gemt samtidig.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["DECIDED", "UNDONE", "DONE", "CONFIRMED", "HELP_ASKED", "HELP_ANSWERED"])
                        ),
                        name="decision_kind_known",
                        violation_error_message="Den slags hændelse findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="2a57d4a4d22630d8c6fc4b3698f8d0215dd87566",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6c1c6",
                            table="followups_decision",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consequence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "party",
                    models.CharField(
                        choices=[("RECIPIENT", "modtageren"), ("MUNICIPALITY", "kommunen")],
                        max_length=20,
                        verbose_name="for hvem",
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("MINOR", "lidt"), ("SOME", "en del"), ("GRAVE", "meget")],
                        max_length=20,
                        verbose_name="hvor meget",
                    ),
                ),
                ("text", models.TextField(verbose_name="hvad er der sket")),
                (
                    "amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="beløb i kroner"
                    ),
                ),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="taget hånd om")),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="consequences", to="followups.followup"),
                ),
            ],
            options={
                "verbose_name": "følge",
                "verbose_name_plural": "følger",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("followup", "party"),
                        name="consequence_once_per_party",
                        violation_error_message="Følgen er allerede skrevet op.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount", None), ("amount__gte", 0), _connector="OR"),
                        name="consequence_amount_not_negative",
                        violation_error_message="Beløbet kan ikke være under nul.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "desk",
                    models.CharField(
                        choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling")],
                        max_length=10,
                        verbose_name="hvem spørges",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[("DOUBT", "i tvivl om, hvad der skal ske")],
                        default="DOUBT",
                        max_length=20,
                        verbose_name="anledning",
                    ),
                ),
                ("waiting_since", models.DateTimeField(auto_now_add=True, verbose_name="venter siden")),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="taget")),
                ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="løst")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ejer",
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="escalations", to="followups.followup"),
                ),
            ],
            options={
                "verbose_name": "eskalering",
                "verbose_name_plural": "eskaleringer",
                "indexes": [models.Index(fields=["desk", "waiting_since"], name="escalation_desk_waiting")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at", None)),
                        fields=("followup", "reason"),
                        name="escalation_unresolved_once",
                        violation_error_message="Der er allerede spurgt om det brev. Vent på svaret.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("desk__in", ["DIT", "HR"])),
                        name="escalation_desk_known",
                        violation_error_message="Der kan kun spørges hos DIT og Personalejura og Forhandling.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("taken_at", None)),
                            models.Q(("owner__isnull", False), ("taken_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="escalation_owner_has_time",
                        violation_error_message="En sag med en ejer skal have et tidspunkt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("resolved_at", None), ("owner__isnull", False), _connector="OR"),
                        name="escalation_resolved_by_owner",
                        violation_error_message="Tag sagen, før du svarer.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EscalationEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("QUESTION", "spørgsmål"), ("ANSWER", "svar"), ("NOTE", "intern note")], max_length=10
                    ),
                ),
                ("text", models.TextField(verbose_name="tekst")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "escalation",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="entries", to="followups.escalation"),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="entry_has_text",
                        violation_error_message="Skriv en tekst.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="e6252f9e804ca9690634ed6586077846e77621f7",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_91fd4",
                            table="followups_escalationentry",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
