"""What is decided about each letter, by whom, and what it takes."""

import uuid
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations, models
from django.db.models.functions import Cast, Length, Lower, TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils import timezone
from pgtrigger.compiler import Trigger, UpsertTriggerSql
from pgtrigger.migrations import AddTrigger

from sepo_incident.core.sql_files import read_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("letters", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[("PAGE", "en beslutning om alle"), ("WORKBOOK", "et regneark")],
                        max_length=20,
                        verbose_name="måde",
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="bedt om")),
                ("undo_asked_at", models.DateTimeField(null=True, verbose_name="bedt om at fortryde")),
                ("heartbeat_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="af"
                    ),
                ),
            ],
            options={
                "verbose_name": "samlet beslutning",
                "verbose_name_plural": "samlede beslutninger",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["PAGE", "WORKBOOK"])),
                        name="bulk_way_known",
                        violation_error_message="Den måde at beslutte på findes ikke.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("answers", models.JSONField(verbose_name="svar")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "venter på tur"),
                            ("DECIDED", "har fået beslutningen"),
                            ("SKIPPED", "ikke rørt"),
                            ("UNDONE", "fortrudt"),
                            ("KEPT", "ikke fortrudt"),
                        ],
                        default="WAITING",
                        max_length=20,
                        verbose_name="resultat",
                    ),
                ),
                ("why", models.TextField(blank=True, verbose_name="hvorfor")),
                (
                    "bulk",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="letters", to="followups.bulkdecision"),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to="letters.letter", verbose_name="brev"
                    ),
                ),
            ],
            options={
                "verbose_name": "brev i en samlet beslutning",
                "verbose_name_plural": "breve i en samlet beslutning",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bulk", "letter"),
                        name="bulk_letter_once",
                        violation_error_message="Brevet er allerede med i den samlede beslutning.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["WAITING", "DECIDED", "UNDONE"]), ("why", "")),
                            models.Q(("state__in", ["SKIPPED", "KEPT"]), models.Q(("why", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="bulk_letter_left_says_why",
                        violation_error_message="Skriv, hvorfor brevet ikke er rørt, og kun når det ikke er.",
                    ),
                ],
            },
        ),
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
                            ("SENT_BACK", "sendt tilbage"),
                            ("CONFIRMED", "bekræftet"),
                        ],
                        default="OPEN",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="brevets dato")),
                (
                    "remedy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("RESEND", "sendes igen"),
                            ("NEW_LETTER", "nyt brev"),
                            ("RESEND_AND_NEW", "sendes igen og nyt brev"),
                            ("NO_DISPATCH", "sendes ikke igen"),
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
                        verbose_name="konsekvenser",
                    ),
                ),
                ("is_journalised", models.BooleanField(default=False, verbose_name="journaliseret")),
                ("record_number", models.CharField(blank=True, max_length=60, verbose_name="journalnummer")),
                ("note", models.TextField(blank=True, verbose_name="bemærkning")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="besluttet")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="udført")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="bekræftet")),
                (
                    "is_review_open",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            ("consequence_review__in", ["FOUND", "UNKNOWN"]), ("handled_at__isnull", True)
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "due_date_passed_before_sending",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            ("deadline_missed", False),
                            ("deadline_missed__isnull", False),
                            ("decided_at__isnull", False),
                            ("done_at__isnull", False),
                            ("due_on__isnull", False),
                            LessThanOrEqual(
                                TruncDate("decided_at", tzinfo=ZoneInfo("Europe/Copenhagen")), models.F("due_on")
                            ),
                            GreaterThan(TruncDate("done_at", tzinfo=ZoneInfo("Europe/Copenhagen")), models.F("due_on")),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "has_unrecorded_change",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            ("no_record_reason", ""),
                            ("record_number", ""),
                            models.Q(
                                ("remedy__in", ["NEW_LETTER", "RESEND_AND_NEW"]),
                                ("new_deadline__isnull", False),
                                _connector="OR",
                            ),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "lacks_answer",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            models.Q(("status", "CONFIRMED"), _negated=True),
                            models.Q(
                                models.Q(
                                    ("consequence_review__in", ["FOUND", "UNKNOWN"]), ("handled_at__isnull", True)
                                ),
                                models.Q(
                                    ("deadline_missed", False),
                                    ("deadline_missed__isnull", False),
                                    ("decided_at__isnull", False),
                                    ("done_at__isnull", False),
                                    ("due_on__isnull", False),
                                    LessThanOrEqual(
                                        TruncDate("decided_at", tzinfo=ZoneInfo("Europe/Copenhagen")),
                                        models.F("due_on"),
                                    ),
                                    GreaterThan(
                                        TruncDate("done_at", tzinfo=ZoneInfo("Europe/Copenhagen")), models.F("due_on")
                                    ),
                                ),
                                models.Q(
                                    ("no_record_reason", ""),
                                    ("record_number", ""),
                                    models.Q(
                                        ("remedy__in", ["NEW_LETTER", "RESEND_AND_NEW"]),
                                        ("new_deadline__isnull", False),
                                        _connector="OR",
                                    ),
                                    ("done_at__isnull", False),
                                ),
                                ("deletion", "NOT_YET"),
                                _connector="OR",
                            ),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "awaits_deletion",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("deletion", "NOT_YET")),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "is_sent_again",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            ("done_at__isnull", False), ("remedy__in", ["RESEND", "NEW_LETTER", "RESEND_AND_NEW"])
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "opened_on",
                    models.GeneratedField(
                        db_persist=True,
                        expression=TruncDate("opened_at", tzinfo=ZoneInfo("Europe/Copenhagen")),
                        output_field=models.DateField(),
                    ),
                ),
                (
                    "decided_on",
                    models.GeneratedField(
                        db_persist=True,
                        expression=TruncDate("decided_at", tzinfo=ZoneInfo("Europe/Copenhagen")),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "done_on",
                    models.GeneratedField(
                        db_persist=True,
                        expression=TruncDate("done_at", tzinfo=ZoneInfo("Europe/Copenhagen")),
                        output_field=models.DateField(null=True),
                    ),
                ),
                ("has_arrived", models.BooleanField(editable=False, null=True)),
                ("arrived_on", models.DateField(editable=False, null=True)),
                ("reported_sent_on", models.DateField(editable=False, null=True)),
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
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="taget hånd om")),
                (
                    "handled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taget hånd om af",
                    ),
                ),
                ("handled_text", models.TextField(blank=True, verbose_name="hvad der er gjort")),
                ("no_record_reason", models.TextField(blank=True, verbose_name="hvorfor ikke journaliseret")),
                (
                    "due_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dato sat af",
                    ),
                ),
                (
                    "is_original_gone",
                    models.BooleanField(db_default=False, default=False, verbose_name="originalen findes ikke"),
                ),
                (
                    "deletion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CONFIRMED", "bekræftet"),
                            ("NOT_YET", "ikke endnu"),
                            ("NO_CONFIRMATION", "ingen bekræftelse"),
                        ],
                        db_default="",
                        max_length=20,
                        verbose_name="sletning",
                    ),
                ),
                ("deletion_confirmed_on", models.DateField(blank=True, null=True, verbose_name="sletning bekræftet")),
                ("deletion_due_on", models.DateField(blank=True, null=True, verbose_name="spørg igen om sletning")),
                (
                    "no_deletion_reason",
                    models.TextField(blank=True, db_default="", verbose_name="hvorfor ingen bekræftelse"),
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
                                ("deadline_missed", None),
                                ("decided_at", None),
                                ("decided_by", None),
                                ("deletion", ""),
                                ("deletion_confirmed_on", None),
                                ("deletion_due_on", None),
                                ("handled_text", ""),
                                ("is_journalised", False),
                                ("missed_on", None),
                                ("new_deadline", None),
                                ("no_deletion_reason", ""),
                                ("no_dispatch_reason", ""),
                                ("no_record_reason", ""),
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
                                ("status__in", ["DONE", "SENT_BACK"]),
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
                        condition=models.Q(("status__in", ["OPEN", "DECIDED", "DONE", "SENT_BACK", "CONFIRMED"])),
                        name="followup_status_known",
                        violation_error_message="Den status findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("remedy__in", ["", "RESEND", "NEW_LETTER", "RESEND_AND_NEW", "NO_DISPATCH"])
                        ),
                        name="followup_remedy_known",
                        violation_error_message="Den beslutning findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consequence_review__in", ["", "NONE", "FOUND", "UNKNOWN"])),
                        name="followup_consequence_review_known",
                        violation_error_message="Det svar om konsekvenser findes ikke.",
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("no_record_reason", ""),
                            models.Q(("is_journalised", False), ("record_number", "")),
                            _connector="OR",
                        ),
                        name="followup_on_record_or_not_needed",
                        violation_error_message="Enten er det journaliseret, eller også er det ikke nødvendigt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deletion__in", ["", "CONFIRMED", "NOT_YET", "NO_CONFIRMATION"])),
                        name="followup_deletion_known",
                        violation_error_message="Det svar om sletning findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("deletion", ""),
                                ("deletion_confirmed_on", None),
                                ("deletion_due_on", None),
                                ("no_deletion_reason", ""),
                            ),
                            models.Q(
                                ("deletion", "CONFIRMED"),
                                ("deletion_confirmed_on__isnull", False),
                                ("deletion_due_on", None),
                                ("no_deletion_reason", ""),
                            ),
                            models.Q(
                                ("deletion", "NOT_YET"),
                                ("deletion_due_on__isnull", False),
                                ("deletion_confirmed_on", None),
                                ("no_deletion_reason", ""),
                            ),
                            models.Q(
                                ("deletion", "NO_CONFIRMATION"),
                                ("deletion_confirmed_on", None),
                                ("deletion_due_on", None),
                                models.Q(("no_deletion_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="followup_deletion_has_its_field",
                        violation_error_message="Svaret om sletning mangler en dag eller en begrundelse.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deletion", "NOT_YET"), ("status", "CONFIRMED"), _negated=True),
                        name="followup_closed_with_deletion",
                        violation_error_message="Skriv først, om modtageren har bekræftet, at brevet er slettet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("handled_at", None), ("handled_by", None), ("handled_text", "")),
                            models.Q(
                                ("consequence_review__in", ["FOUND", "UNKNOWN"]),
                                ("handled_at__isnull", False),
                                ("handled_by__isnull", False),
                                models.Q(("handled_text", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="followup_handled_by_somebody",
                        violation_error_message="Skriv kun, hvad der er gjort, når der kan være konsekvenser.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_original_gone", False),
                            models.Q(("remedy__in", ["RESEND", "RESEND_AND_NEW"]), _negated=True),
                            _connector="OR",
                        ),
                        name="followup_resent_has_original",
                        violation_error_message="Originalen findes ikke, så det samme brev kan ikke sendes igen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_by", None), ("due_on__isnull", False), _connector="OR"),
                        name="followup_somebody_set_a_date",
                        violation_error_message="Skriv brevets dato.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="require_decision_row",
                        sql=UpsertTriggerSql(
                            condition="WHEN (to_jsonb(OLD) - '{due_on,opened_at,opened_on,due_date_passed_before_sending,lacks_answer,has_arrived,arrived_on,reported_sent_on}'::text[] <> to_jsonb(NEW) - '{due_on,opened_at,opened_on,due_date_passed_before_sending,lacks_answer,has_arrived,arrived_on,reported_sent_on}'::text[] OR OLD.due_on IS DISTINCT FROM NEW.due_on AND coalesce(OLD.due_by_id, NEW.due_by_id) IS NOT NULL)",
                            func=read_sql("followups/sql/require_decision_row.sql"),
                            hash="38320550c75bc5e4a8e19cdd7bd2d793d53daa57",
                            operation="UPDATE",
                            pgid="pgtrigger_require_decision_row_fe011",
                            table="followups_followup",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="arrival_of_new_remedy",
                        sql=UpsertTriggerSql(
                            condition="WHEN (OLD.remedy <> NEW.remedy)",
                            func=read_sql(
                                "followups/sql/arrival_of_new_remedy.sql",
                                newest_arrival=read_sql(
                                    "followups/sql/newest_arrival.sql", followup="NEW.id", remedy="NEW.remedy"
                                ),
                            ),
                            hash="4cc289863ea3efccdbaa5726c893e90299cfc16c",
                            operation='UPDATE OF "remedy"',
                            pgid="pgtrigger_arrival_of_new_remedy_ad0e6",
                            table="followups_followup",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="answers_fit_kind",
                        sql=UpsertTriggerSql(
                            condition="WHEN (NEW.remedy <> '')",
                            declare="DECLARE rules jsonb;",
                            func=read_sql(
                                "followups/sql/answers_fit_kind.sql",
                                kinds='{"NOT_ARRIVED": {"answers": [], "remedies": ["RESEND", "NEW_LETTER", "RESEND_AND_NEW", "NO_DISPATCH"]}, "WRONG_RECIPIENT": {"answers": ["deletion"], "remedies": ["RESEND", "NEW_LETTER", "NO_DISPATCH"]}}',
                                columns='["deletion"]',
                            ),
                            hash="da9c4a3e8de5a9da9d8a8bfbe147fc66f69b1a5d",
                            operation='INSERT OR UPDATE OF "remedy", "deletion"',
                            pgid="pgtrigger_answers_fit_kind_cc56f",
                            table="followups_followup",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="closed_with_review",
                        sql=UpsertTriggerSql(
                            condition='WHEN (NEW."handled_at" IS NULL AND NEW."status" = \'CONFIRMED\' AND (NEW."consequence_review" = \'FOUND\' OR NEW."consequence_review" = \'UNKNOWN\') AND NOT (OLD."status" = \'CONFIRMED\'))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="46bf409aac98720509c78b987c90c8c363eef233",
                            operation="UPDATE",
                            pgid="pgtrigger_closed_with_review_10eee",
                            table="followups_followup",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="closed_with_record",
                        sql=UpsertTriggerSql(
                            condition='WHEN (NEW."no_record_reason" = \'\' AND NEW."record_number" = \'\' AND NEW."status" = \'CONFIRMED\' AND (NEW."remedy" = \'NEW_LETTER\' OR NEW."remedy" = \'RESEND_AND_NEW\' OR NEW."new_deadline" IS NOT NULL) AND NOT (OLD."status" = \'CONFIRMED\'))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="43f0d8cce308e87240ec7884340423fd474e77b0",
                            operation="UPDATE",
                            pgid="pgtrigger_closed_with_record_bd4f7",
                            table="followups_followup",
                            when="BEFORE",
                        ),
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
                            ("RECORDED", "skrev om sagen"),
                            ("HANDLED", "skrev om konsekvenserne"),
                            ("DELETION", "skrev om sletningen"),
                            ("SENT_BACK", "sendte tilbage"),
                            ("UPHELD", "fastholdt beslutningen"),
                            ("CONFIRMED", "bekræftede"),
                            ("UNCONFIRMED", "fortrød bekræftelsen"),
                            ("CORRECTED", "rettede en bekræftet beslutning"),
                            ("HELP_ASKED", "bad om hjælp"),
                            ("HELP_ANSWERED", "svarede"),
                            ("HANDED_TO_HR", "overdrog brevet til Personalejura"),
                            ("DATE_SET", "satte brevets dato"),
                            ("ORIGINAL_GONE", "skrev, at originalen ikke findes"),
                            ("ORIGINAL_FOUND", "skrev, at originalen er fundet"),
                            ("NOT_ARRIVED", "åbnede brevet igen"),
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
                ("before", models.JSONField(default=dict, encoder=DjangoJSONEncoder, verbose_name="før")),
                (
                    "bulk_decision",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="decisions", to="followups.bulkdecision"
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
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
                            (
                                "kind__in",
                                [
                                    "DECIDED",
                                    "UNDONE",
                                    "DONE",
                                    "RECORDED",
                                    "HANDLED",
                                    "DELETION",
                                    "SENT_BACK",
                                    "UPHELD",
                                    "CONFIRMED",
                                    "UNCONFIRMED",
                                    "CORRECTED",
                                    "HELP_ASKED",
                                    "HELP_ANSWERED",
                                    "HANDED_TO_HR",
                                    "DATE_SET",
                                    "ORIGINAL_GONE",
                                    "ORIGINAL_FOUND",
                                    "NOT_ARRIVED",
                                ],
                            )
                        ),
                        name="decision_kind_known",
                        violation_error_message="Den slags hændelse findes ikke.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql",
                                personal="{answers.question,answers.answer,answers.reason,answers.consequence_text,answers.no_dispatch_reason,answers.handled_text,answers.record_number,answers.no_record_reason,answers.note,answers.no_deletion_reason,before.no_dispatch_reason,before.handled_text,before.record_number,before.no_record_reason,before.note,before.no_deletion_reason}",
                            ),
                            hash="014faf3d10e111feef08627bf8549a772fa9db40",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6c1c6",
                            table="followups_decision",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="c6ce9570889b780e5b055e4561f96e0a2589e956",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_946bc",
                            table="followups_decision",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{answers.question,answers.answer,answers.reason,answers.consequence_text,answers.no_dispatch_reason,answers.handled_text,answers.record_number,answers.no_record_reason,answers.note,answers.no_deletion_reason,before.no_dispatch_reason,before.handled_text,before.record_number,before.no_record_reason,before.note,before.no_deletion_reason}",
                                rest="((line.content) - '{salt,answers,before}'::text[]) || jsonb_build_object('answers', CASE jsonb_typeof((line.content) -> 'answers') WHEN 'object' THEN ((line.content) -> 'answers') - '{question,answer,reason,consequence_text,no_dispatch_reason,handled_text,record_number,no_record_reason,note,no_deletion_reason}'::text[] ELSE (line.content) -> 'answers' END, 'before', CASE jsonb_typeof((line.content) -> 'before') WHEN 'object' THEN ((line.content) -> 'before') - '{no_dispatch_reason,handled_text,record_number,no_record_reason,note,no_deletion_reason}'::text[] ELSE (line.content) -> 'before' END)",
                            ),
                            hash="7840ea54da261112c177329bc0ca31c10c3002e0",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_a3cc5",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="followups_decision",
                            when="AFTER",
                        ),
                    ),
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
                        choices=[("MINOR", "mindre"), ("SOME", "mærkbar"), ("GRAVE", "alvorlig")],
                        max_length=20,
                        verbose_name="hvor alvorlig",
                    ),
                ),
                ("text", models.TextField(verbose_name="hvad er der sket")),
                (
                    "amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="beløb i kroner"
                    ),
                ),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="consequences", to="followups.followup"),
                ),
            ],
            options={
                "verbose_name": "konsekvens",
                "verbose_name_plural": "konsekvenser",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("followup", "party"),
                        name="consequence_once_per_party",
                        violation_error_message="Konsekvensen er allerede gemt.",
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
            name="Arrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SENT", "sendt, uden bevis endnu"),
                            ("FILE", "logudtræk eller skærmbillede"),
                            ("STATEMENT", "erklæring"),
                            ("TAKEN_BACK", "trukket tilbage"),
                        ],
                        max_length=20,
                        verbose_name="slags",
                    ),
                ),
                (
                    "remedy",
                    models.CharField(
                        choices=[
                            ("RESEND", "sendes igen"),
                            ("NEW_LETTER", "nyt brev"),
                            ("RESEND_AND_NEW", "sendes igen og nyt brev"),
                            ("NO_DISPATCH", "sendes ikke igen"),
                        ],
                        max_length=20,
                        verbose_name="hvad blev sendt",
                    ),
                ),
                ("sent_on", models.DateField(null=True, verbose_name="sendt den")),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DIGITAL_POST", "Digital Post/e-Boks"),
                            ("POST", "brevpost"),
                            ("REGISTERED", "anbefalet brev"),
                            ("HANDED", "overleveret personligt"),
                            ("OTHER", "på en anden måde"),
                        ],
                        max_length=20,
                        verbose_name="måde",
                    ),
                ),
                ("has_arrived", models.BooleanField(null=True, verbose_name="kommet frem")),
                ("arrived_on", models.DateField(null=True, verbose_name="kommet frem den")),
                ("text", models.TextField(blank=True, verbose_name="tekst")),
                ("file_name", models.CharField(blank=True, max_length=120, verbose_name="fil")),
                ("file_type", models.CharField(blank=True, max_length=100, verbose_name="filens type")),
                ("file_size", models.PositiveIntegerField(default=0, verbose_name="bytes")),
                ("file_sha256", models.CharField(blank=True, max_length=64, verbose_name="filens aftryk")),
                ("at", models.DateTimeField(default=timezone.now, editable=False)),
                ("by", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "followup",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="arrivals", to="followups.followup"),
                ),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "takes_back",
                    models.OneToOneField(
                        null=True, on_delete=models.PROTECT, related_name="taken_back", to="followups.arrival"
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
                (
                    "original_sha256",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="aftryk af den valgte fil"),
                ),
            ],
            options={
                "verbose_name": "oplysning om ankomst",
                "verbose_name_plural": "oplysninger om ankomst",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("file_sha256", ""), _negated=True),
                        fields=["file_sha256"],
                        name="arrival_of_a_file",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["SENT", "FILE", "STATEMENT", "TAKEN_BACK"])),
                        name="arrival_kind_known",
                        violation_error_message="Den slags bevis findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["", "DIGITAL_POST", "POST", "REGISTERED", "HANDED", "OTHER"])),
                        name="arrival_way_known",
                        violation_error_message="Den måde at sende på findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("remedy__in", ["RESEND", "NEW_LETTER", "RESEND_AND_NEW"])),
                        name="arrival_of_something_sent",
                        violation_error_message="Kun et brev, der er sendt, kan komme frem.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("has_arrived", None),
                                ("kind", "SENT"),
                                ("file_name", ""),
                                ("file_sha256", ""),
                                ("file_size", 0),
                                ("file_type", ""),
                                ("original_sha256", ""),
                            ),
                            models.Q(
                                ("kind", "STATEMENT"),
                                ("has_arrived__isnull", False),
                                ("file_name", ""),
                                ("file_sha256", ""),
                                ("file_size", 0),
                                ("file_type", ""),
                                ("original_sha256", ""),
                                models.Q(("text", ""), _negated=True),
                            ),
                            models.Q(
                                ("file_size__gt", 0),
                                ("kind", "FILE"),
                                ("has_arrived__isnull", False),
                                models.Q(("file_name", ""), _negated=True),
                                models.Q(("file_sha256", ""), _negated=True),
                            ),
                            models.Q(
                                ("has_arrived", None),
                                ("kind", "TAKEN_BACK"),
                                ("file_name", ""),
                                ("file_sha256", ""),
                                ("file_size", 0),
                                ("file_type", ""),
                                ("original_sha256", ""),
                                models.Q(("text", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="arrival_proof_is_whole",
                        violation_error_message="Skriv, hvordan du ved det, eller vælg en fil.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "TAKEN_BACK"), ("sent_on", None), ("takes_back__isnull", False), ("way", "")
                            ),
                            models.Q(
                                models.Q(("kind", "TAKEN_BACK"), _negated=True),
                                ("sent_on__isnull", False),
                                ("takes_back", None),
                                models.Q(("way", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="arrival_says_when_and_how",
                        violation_error_message="Skriv, hvornår og hvordan brevet blev sendt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("has_arrived__isnull", False)),
                                ("arrived_on__gte", models.F("sent_on")),
                                ("arrived_on__isnull", False),
                                ("has_arrived", True),
                            ),
                            models.Q(("arrived_on", None), ("has_arrived", None)),
                            models.Q(("arrived_on", None), ("has_arrived", False)),
                            _connector="OR",
                        ),
                        name="arrival_day_only_when_arrived",
                        violation_error_message="Et brev kan ikke være kommet frem, før det blev sendt.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erasure.sql", personal="{text,file_name}"
                            ),
                            hash="4e29415d8cd21d7e6f91f0a860d6935f7542b88f",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e0b01",
                            table="followups_arrival",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="2e605dec4cdf8b96fcf63864ab65b3ce917f1b1c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_feee1",
                            table="followups_arrival",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/add_sealed_statement.sql",
                                personal="{text,file_name}",
                                rest="(line.content) - '{salt,text,file_name}'::text[]",
                            ),
                            hash="497007e5f42e0f623496c96b0b55582c4bdd6566",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_65ae6",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="followups_arrival",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="takes_its_files_along",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/delete_erased_files.sql",
                                lock="pg_advisory_xact_lock(hashtextextended(one.sha256, 20191210))",
                                ledger="followups_arrival",
                                column="file_sha256",
                                parts="followups_proofpart",
                            ),
                            hash="70398c054afec7e3d8bb74e0bb0c2318d5470115",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_takes_its_files_along_06f71",
                            referencing="REFERENCING OLD TABLE AS was ",
                            table="followups_arrival",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="arrivals_of_followups",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "followups/sql/arrivals_of_followups.sql",
                                newest_arrival=read_sql(
                                    "followups/sql/newest_arrival.sql", followup="changed.id", remedy="changed.remedy"
                                ),
                            ),
                            hash="22f87dec7d077fe774363861d39eb8eab5dcc383",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_arrivals_of_followups_65290",
                            referencing="REFERENCING NEW TABLE AS new_rows ",
                            table="followups_arrival",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProofPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("number", models.PositiveIntegerField(verbose_name="nummer")),
                ("content", models.BinaryField(verbose_name="bytes")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sha256", "number"),
                        name="proof_part_once",
                        violation_error_message="Den del af filen er allerede gemt.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql(
                                "sepo_incident/audit/sql/allow_only_erased_parts.sql",
                                ledger="followups_arrival",
                                column="file_sha256",
                            ),
                            hash="945ac6ddd9ca577c69b25ea152f223877b2bee0c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_56619",
                            table="followups_proofpart",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="f96971690eb83c6fd2df2cec4cc7dfd4a8c31cf6",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_9a757",
                            table="followups_proofpart",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DraftText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(max_length=40, verbose_name="emneområde")),
                (
                    "way",
                    models.CharField(
                        choices=[("RESEND", "det samme brev igen"), ("NEW_LETTER", "et nyt brev")],
                        max_length=20,
                        verbose_name="hvad der sendes",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("body", models.TextField(blank=True, verbose_name="tekst")),
                ("is_reset", models.BooleanField(default=False, verbose_name="tilbage til standardteksten")),
                ("written_at", models.DateTimeField(default=timezone.now, verbose_name="skrevet")),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="draft_texts", to="letters.incident"),
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
                "verbose_name": "udkast",
                "verbose_name_plural": "udkast",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "category", "way", "version"),
                        name="draft_text_version_once",
                        violation_error_message="En anden har gemt udkastet imens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="draft_text_counts_from_one",
                        violation_error_message="Den første version af et udkast er 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("body", ""), ("is_reset", True)),
                            models.Q(("is_reset", False), models.Q(("body", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="draft_text_says_something",
                        violation_error_message="Skriv en tekst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("way__in", ["RESEND", "NEW_LETTER"]), models.Q(("category", ""), _negated=True)
                        ),
                        name="draft_text_way_known",
                        violation_error_message="Et udkast hører til et emneområde og til det samme brev eller et nyt.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="84fd86ddb07760f10a2ba6ac87a4e23554536e76",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_17130",
                            table="followups_drafttext",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="3fbf8c97bc6b79d9208f853547bc2832680c04a2",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_f5b25",
                            table="followups_drafttext",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                            hash="be97f9a07792ddf11deacbc4578615841797bab1",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_d4aac",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="followups_drafttext",
                            when="AFTER",
                        ),
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
                        choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                        max_length=10,
                        verbose_name="hvem spørges",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[("DOUBT", "i tvivl om, hvad der skal ske"), ("HANDED_OVER", "overdraget")],
                        default="DOUBT",
                        max_length=20,
                        verbose_name="anledning",
                    ),
                ),
                ("waiting_since", models.DateTimeField(default=timezone.now, verbose_name="venter siden")),
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
                    models.OneToOneField(on_delete=models.PROTECT, related_name="escalation", to="followups.followup"),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="svaret")),
                (
                    "is_with_asker",
                    models.BooleanField(db_default=False, default=False, verbose_name="afventer kollegaen"),
                ),
                (
                    "is_with_desk",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("is_with_asker", False), ("resolved_at", None)),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "henvendelse",
                "verbose_name_plural": "henvendelser",
                "indexes": [models.Index(fields=["desk", "waiting_since"], name="escalation_desk_waiting")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("desk__in", ["DIT", "HR", "KIT"])),
                        name="escalation_desk_known",
                        violation_error_message="Der kan kun spørges hos DIT, Personalejura og Forhandling og Koncern IT.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("taken_at", None)),
                            models.Q(("owner__isnull", False), ("taken_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="escalation_owner_has_time",
                        violation_error_message="En henvendelse med en ejer skal have et tidspunkt.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("resolved_at", None), ("owner__isnull", False), _connector="OR"),
                        name="escalation_resolved_by_owner",
                        violation_error_message="Tag henvendelsen, før du svarer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_with_asker", False),
                            models.Q(("answered_at__isnull", False), ("resolved_at", None)),
                            _connector="OR",
                        ),
                        name="escalation_with_asker_is_asked",
                        violation_error_message="Spørg, før henvendelsen afventer kollegaen.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="441f3ba4ef525dceb5552aef428da51026fb5856",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_43e4c",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="followups_escalation",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="ea34b0c50c5f0422889d3b8e54a4c3351c5613c7",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_5a447",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="followups_escalation",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="618c6ba55414e2f0d5ae8840f961ce851855567c",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_19720",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="followups_escalation",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="33a9b28a058bfecffcfa32dd788f725649a6d9d6",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_19f0d",
                            table="followups_escalation",
                            when="BEFORE",
                        ),
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
                        choices=[
                            ("QUESTION", "spørgsmål"),
                            ("ANSWER", "svar"),
                            ("NOTE", "intern note"),
                            ("TAKEN", "taget"),
                            ("RELEASED", "lagt tilbage"),
                            ("HANDED", "givet til en kollega"),
                            ("MOVED", "sendt videre"),
                            ("CLOSED", "lukket"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="tekst")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "escalation",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="entries", to="followups.escalation"),
                ),
                (
                    "desk",
                    models.CharField(
                        blank=True,
                        choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                        db_default="",
                        max_length=10,
                        verbose_name="sted",
                    ),
                ),
                (
                    "given_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="givet til",
                    ),
                ),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["QUESTION", "ANSWER", "NOTE", "TAKEN", "RELEASED", "HANDED", "MOVED", "CLOSED"],
                            )
                        ),
                        name="entry_kind_known",
                        violation_error_message="Den slags linje findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            models.Q(("kind__in", ["QUESTION", "ANSWER", "NOTE"]), _negated=True),
                            _connector="OR",
                        ),
                        name="entry_has_text",
                        violation_error_message="Skriv en tekst.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by__isnull", False), ("kind", "MOVED"), _connector="OR"),
                        name="entry_by_somebody",
                        violation_error_message="Navnet på den, der gjorde det, mangler.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("given_to__isnull", False), ("kind", "HANDED")),
                            models.Q(models.Q(("kind", "HANDED"), _negated=True), ("given_to", None)),
                            _connector="OR",
                        ),
                        name="entry_handed_to_somebody",
                        violation_error_message="Vælg, hvem der skal have henvendelsen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("desk__in", ["DIT", "HR", "KIT"]), ("kind", "MOVED")),
                            models.Q(("desk__in", ["", "DIT", "HR", "KIT"]), ("kind", "NOTE")),
                            models.Q(models.Q(("kind__in", ["MOVED", "NOTE"]), _negated=True), ("desk", "")),
                            _connector="OR",
                        ),
                        name="entry_moved_to_a_desk",
                        violation_error_message="Vælg, hvem henvendelsen skal videre til.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{text}"),
                            hash="a6f0a0985348da2af9f4ed656b93ac519d83ec49",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_91fd4",
                            table="followups_escalationentry",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="bc662dd5112b73276e70b5805be7c366f3b7d4ce",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_3733c",
                            table="followups_escalationentry",
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
                            hash="e4e05eb336f1faf7f972c9687981e5d6fdaf8a7e",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_0b823",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="followups_escalationentry",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("typed", models.JSONField(verbose_name="svar")),
                ("followup_version", models.PositiveIntegerField(verbose_name="set udgave")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("saved_at", models.DateTimeField(verbose_name="gemt")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="af"
                    ),
                ),
                (
                    "followup",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="+", to="followups.followup", verbose_name="opfølgning"
                    ),
                ),
            ],
            options={
                "verbose_name": "kladde",
                "verbose_name_plural": "kladder",
                "indexes": [models.Index(fields=["saved_at"], name="half_written_saved_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("by", "followup"),
                        name="half_written_once",
                        violation_error_message="Der er allerede en kladde til brevet.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="half_written_counts_from_one",
                        violation_error_message="Den første version af en kladde er 1.",
                    ),
                    models.CheckConstraint(
                        condition=LessThanOrEqual(Length(Cast(models.F("typed"), models.TextField())), 40000),
                        name="half_written_is_short",
                        violation_error_message="Kladden er for lang. Skriv kortere.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StandardAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "desk",
                    models.CharField(
                        choices=[("DIT", "DIT"), ("HR", "Personalejura og Forhandling"), ("KIT", "Koncern IT")],
                        max_length=10,
                        verbose_name="hvem svarer",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="navn")),
                ("text", models.TextField(verbose_name="tekst")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="rettet")),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rettet af",
                    ),
                ),
            ],
            options={
                "verbose_name": "standardsvar",
                "verbose_name_plural": "standardsvar",
                "ordering": ["desk", "title", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("desk"),
                        Lower("title"),
                        name="standard_answer_once",
                        violation_error_message="Der er allerede et standardsvar med det navn.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("desk__in", ["DIT", "HR", "KIT"])),
                        name="standard_answer_desk_known",
                        violation_error_message="Den, der svarer, findes ikke.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title", ""), _negated=True), models.Q(("text", ""), _negated=True)
                        ),
                        name="standard_answer_says_something",
                        violation_error_message="Skriv et navn og en tekst.",
                    ),
                ],
                "triggers": [
                    Trigger(
                        name="record_inserts",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_inserts.sql"),
                            hash="363d182b1218bf892fb787eac59aaad674d64d30",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_record_inserts_4be08",
                            referencing="REFERENCING NEW TABLE AS made ",
                            table="followups_standardanswer",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_updates",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_updates.sql"),
                            hash="2c30ed41563ad4989f7e01a18253eeeb1bc0e6b8",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_record_updates_69863",
                            referencing="REFERENCING OLD TABLE AS was  NEW TABLE AS became ",
                            table="followups_standardanswer",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="record_deletes",
                        sql=UpsertTriggerSql(
                            func=read_sql("sepo_incident/audit/sql/record_deletes.sql"),
                            hash="115c02db10a92f99ce2cbc1a0451ab2412ba059b",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_record_deletes_6e96f",
                            referencing="REFERENCING OLD TABLE AS gone ",
                            table="followups_standardanswer",
                            when="AFTER",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="1a86203c9dbf59e052a8712b078c928edf5024cc",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_149ae",
                            table="followups_standardanswer",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        # The bytes are packed already: pressing them costs more than it saves.
        migrations.RunSQL("ALTER TABLE followups_proofpart ALTER COLUMN content SET STORAGE EXTERNAL"),
        migrations.CreateModel(
            name="LetterRow",
            fields=[],
            options={
                "verbose_name": "brev",
                "verbose_name_plural": "breve",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("letters.letter",),
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="navn")),
                ("query", models.CharField(max_length=500, verbose_name="filter")),
                ("saved_at", models.DateTimeField(auto_now=True, verbose_name="gemt")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="gemt af",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="saved_views",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
            ],
            options={
                "verbose_name": "visning",
                "verbose_name_plural": "visninger",
                "constraints": [
                    models.UniqueConstraint(
                        Lower("name"),
                        models.F("unit"),
                        models.F("owner"),
                        name="saved_view_once",
                        violation_error_message="Du har allerede en visning med det navn.",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(name="") & ~models.Q(query=""),
                        name="saved_view_has_name_and_filter",
                        violation_error_message="Giv visningen et navn, og vælg mindst ét filter.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosingCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="nummer")),
                ("content", models.TextField(verbose_name="indhold")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="aftryk")),
                ("at", models.DateTimeField(verbose_name="udstedt")),
                ("salt", models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="udstedt af",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="certificates",
                        to="letters.incident",
                        verbose_name="hændelse",
                    ),
                ),
            ],
            options={
                "verbose_name": "afslutningsbevis",
                "verbose_name_plural": "afslutningsbeviser",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "number"),
                        name="certificate_numbered_once",
                        violation_error_message="En anden har udstedt beviset samtidig. Hent siden igen.",
                    )
                ],
                "triggers": [
                    Trigger(
                        name="append_only",
                        sql=UpsertTriggerSql(
                            func="IF TG_OP = 'UPDATE' AND audit_json(NEW) = audit_emptied(audit_json(OLD), '{content}')\n    AND EXISTS (SELECT FROM audit_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)\nTHEN\n    RETURN NEW;\nEND IF;\nRAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="5fe26c58c05154e261dbc76f4017f5ca2aaa182f",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_39d64",
                            table="followups_closingcertificate",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="never_emptied",
                        sql=UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                            hash="d3d5329802c8b24911316f3d09fb5e29868e75a3",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_never_emptied_f5cf3",
                            table="followups_closingcertificate",
                            when="BEFORE",
                        ),
                    ),
                    Trigger(
                        name="chained",
                        sql=UpsertTriggerSql(
                            func="IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN\n    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME\n    USING ERRCODE = 'integrity_constraint_violation';\nEND IF;\nINSERT INTO audit_statement (ledger, columns, personal, ids, digests, sealed, at)\nSELECT TG_TABLE_NAME, audit_columns(TG_RELID), '{content}',\n       array_agg(line.id ORDER BY line.id),\n       array_agg(sha256(convert_to(((line.content) - '{salt,content}'::text[])::text, 'UTF8')) ORDER BY line.id),\n       array_agg(sha256(convert_to((line.content)::text, 'UTF8')) ORDER BY line.id), clock_timestamp()\nFROM (SELECT id, audit_json(row) AS content FROM written AS row) AS line HAVING count(*) > 0;\nRETURN NULL;",
                            hash="d58e882eb43f24ac85b0df91cf14bece163c2dc6",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_chained_39da6",
                            referencing="REFERENCING NEW TABLE AS written ",
                            table="followups_closingcertificate",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.RunSQL(read_sql("followups/sql/desk_member.sql"), "DROP VIEW followups_deskmember"),
        migrations.CreateModel(
            name="DeskMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "escalation_id", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={"managed": False},
        ),
        migrations.CreateModel(
            name="NoteTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.BinaryField(verbose_name="Word-fil")),
                ("filename", models.CharField(max_length=200, verbose_name="filnavn")),
                ("at", models.DateTimeField(default=timezone.now, verbose_name="lagt op")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "skabelon til notatet",
                "verbose_name_plural": "skabeloner til notatet",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="NoteVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveIntegerField(verbose_name="udgave")),
                ("dated", models.DateField(verbose_name="notatets dato")),
                ("taken_at", models.DateTimeField(verbose_name="tallene er fra")),
                ("content", models.JSONField(verbose_name="tekst")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="notes", to="letters.incident"),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="followups.noteversion",
                        verbose_name="forrige udgave",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="followups.notetemplate",
                        verbose_name="skabelon",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="enhed",
                    ),
                ),
            ],
            options={
                "verbose_name": "statusnotat",
                "verbose_name_plural": "statusnotater",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="NotePublication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="udgave")),
                ("at", models.DateTimeField(default=timezone.now, verbose_name="udgivet")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="udgivet af",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="letters.incident",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to="accounts.unit"),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=models.deletion.PROTECT,
                        related_name="publication",
                        to="followups.noteversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "udgivelse",
                "verbose_name_plural": "udgivelser",
            },
        ),
        migrations.CreateModel(
            name="NoteFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=50, verbose_name="navn")),
                ("label", models.CharField(max_length=200, verbose_name="betegnelse")),
                ("sentence", models.CharField(max_length=500, verbose_name="hvad tallet tæller")),
                ("value", models.DecimalField(decimal_places=2, max_digits=16, verbose_name="tal")),
                (
                    "letters",
                    ArrayField(base_field=models.BigIntegerField(), blank=True, null=True, verbose_name="breve"),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="figures",
                        to="followups.noteversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "tal i et notat",
                "verbose_name_plural": "tal i et notat",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="NoteProse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(max_length=40, verbose_name="afsnit")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("text", models.TextField(blank=True, verbose_name="tekst")),
                ("at", models.DateTimeField(default=timezone.now, verbose_name="skrevet")),
                (
                    "salt",
                    models.UUIDField(
                        db_default=RandomUUID(),
                        editable=False,
                        null=True,
                        verbose_name="salt",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="skrevet af",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="letters.incident",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to="accounts.unit"),
                ),
            ],
            options={
                "verbose_name": "tekst i et notat",
                "verbose_name_plural": "tekster i et notat",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "unit", "section", "version"),
                        name="note_prose_version_once",
                        violation_error_message="En anden har gemt teksten imens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="note_prose_counts_from_one",
                        violation_error_message="Den første version af en tekst er 1.",
                    ),
                ],
            },
        ),
        AddTrigger(
            model_name="noteprose",
            trigger=Trigger(
                name="append_only",
                sql=UpsertTriggerSql(
                    func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal="{text}"),
                    hash="584c3e55fc54f0074c8ab4d93871108c88076d3a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_38227",
                    table="followups_noteprose",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="noteprose",
            trigger=Trigger(
                name="never_emptied",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="02f04e4a0a29c5a0a989f9ab71238cbc1c26b2e3",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_26cae",
                    table="followups_noteprose",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="noteprose",
            trigger=Trigger(
                name="chained",
                sql=UpsertTriggerSql(
                    func=read_sql(
                        "sepo_incident/audit/sql/add_sealed_statement.sql",
                        personal="{text}",
                        rest="(line.content) - '{salt,text}'::text[]",
                    ),
                    hash="d68ae40398dcd4c30086d3f6dacabec08add98e9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_a859b",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_noteprose",
                    when="AFTER",
                ),
            ),
        ),
        AddTrigger(
            model_name="notetemplate",
            trigger=Trigger(
                name="append_only",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ed677b94806e32a80fc821c0a9b6a79dd257dd86",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f6d0f",
                    table="followups_notetemplate",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="notetemplate",
            trigger=Trigger(
                name="never_emptied",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="c1f580367747358cc4544a36055238a8de79c188",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_39338",
                    table="followups_notetemplate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="noteversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)),
                name="note_counts_from_one",
                violation_error_message="Den første udgave af et notat er 1.",
            ),
        ),
        AddTrigger(
            model_name="noteversion",
            trigger=Trigger(
                name="append_only",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="7a2b6bb823e62b3a5739f577e86f4d958f8b5421",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_de36e",
                    table="followups_noteversion",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="noteversion",
            trigger=Trigger(
                name="never_emptied",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="66a9fd20240000cfe311680025c0cbfd21091f97",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_26b03",
                    table="followups_noteversion",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="noteversion",
            trigger=Trigger(
                name="chained",
                sql=UpsertTriggerSql(
                    func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                    hash="0a8015558d821c1709cb911eba6f27aa6d4ff82f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_c0c95",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_noteversion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="notepublication",
            constraint=models.UniqueConstraint(
                fields=("incident", "unit", "number"),
                name="note_number_once",
                violation_error_message="Udgaven er allerede udgivet. Lav en ny kladde.",
            ),
        ),
        migrations.AddConstraint(
            model_name="notepublication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("written_by", None), models.Q(("by", models.F("written_by")), _negated=True), _connector="OR"
                ),
                name="note_has_two_people",
                violation_error_message="En anden end den, der lavede kladden, skal udgive notatet.",
            ),
        ),
        AddTrigger(
            model_name="notepublication",
            trigger=Trigger(
                name="append_only",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="796d0858fccf9fe73483695236ae1de5d4b14dee",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9d931",
                    table="followups_notepublication",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="notepublication",
            trigger=Trigger(
                name="never_emptied",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="73a2523d01c1c71a78c37c2ae5949fe46f098a94",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_9b8d1",
                    table="followups_notepublication",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="notepublication",
            trigger=Trigger(
                name="chained",
                sql=UpsertTriggerSql(
                    func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                    hash="ca0fe8d31cdbc925997fec6e4f4caa8e6a8af81e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_174ca",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_notepublication",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="notefigure",
            constraint=models.UniqueConstraint(
                fields=("version", "key"),
                name="note_figure_once",
                violation_error_message="Tallet er allerede i notatet.",
            ),
        ),
        AddTrigger(
            model_name="notefigure",
            trigger=Trigger(
                name="append_only",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="7b2301533d4e8532b740b7441a935bbccb6e4044",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_791aa",
                    table="followups_notefigure",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="notefigure",
            trigger=Trigger(
                name="never_emptied",
                sql=UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
                    hash="ff6594f5e0b88d3dcbdecb81773e78766f6e2187",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_never_emptied_89586",
                    table="followups_notefigure",
                    when="BEFORE",
                ),
            ),
        ),
        AddTrigger(
            model_name="notefigure",
            trigger=Trigger(
                name="chained",
                sql=UpsertTriggerSql(
                    func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
                    hash="0bd97222d254a24db82ebc1d6769d06ac8a57039",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_chained_1c0b0",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="followups_notefigure",
                    when="AFTER",
                ),
            ),
        ),
    ]
