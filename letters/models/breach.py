"""The breach question of an incident (GDPR art. 33 and 34).

Reports, assessments, the data protection officer's opinions, the notification to Datatilsynet, and whether the people
affected are told. All are append-only. A report starts a clock of 72 hours and needs an assessment of its own.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from letters.models.incident import Incident
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues

#: GDPR art. 33(1): without undue delay and, where feasible, not later than 72 hours after having become aware.
NOTIFICATION_TIME = timedelta(hours=72)


class BreachReport(models.Model):
    """What the municipality became aware of, and when. «Known» means known by a person."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="breach_reports")
    aware_at = models.DateTimeField("opdaget")
    text = models.TextField("hvad er opdaget")
    lost_confidentiality = models.BooleanField("fortrolighed", default=False)
    lost_integrity = models.BooleanField("integritet", default=False)
    lost_availability = models.BooleanField("tilgængelighed", default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-aware_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="breach_report_has_text",
                violation_error_message="Skriv, hvad I har opdaget.",
            ),
        ]
        triggers = erasable_ledger_triggers("text")

    def __str__(self) -> str:
        return self.text

    @property
    def due_at(self) -> datetime:
        """Return when the 72 hours end. Hours pass in UTC, so a change to or from summer time takes none."""
        return self.aware_at.astimezone(UTC) + NOTIFICATION_TIME

    @property
    def lost(self) -> list[str]:
        """Return the Danish names of what was lost, for example ["tilgængelighed"]."""
        fields = ("lost_confidentiality", "lost_integrity", "lost_availability")
        return [str(self._meta.get_field(name).verbose_name) for name in fields if getattr(self, name)]  # type: ignore[union-attr]

    @property
    def lost_in_words(self) -> str:
        return danish.join_with_and(self.lost) or "ved vi ikke endnu"


class BreachAssessment(models.Model):
    """An answer to whether there is a breach, whether it is notified, and of which letters. The newest counts.

    `letters`: ids of the letters concerned. Without them, and if not all are concerned, nobody knows yet.
    """

    class Answer(models.TextChoices):
        NOTIFY = "NOTIFY", "Brud, anmeldes"
        DO_NOT_NOTIFY = "DO_NOT_NOTIFY", "Brud, anmeldes ikke"
        NOT_A_BREACH = "NOT_A_BREACH", "Ikke et brud"
        UNDECIDED = "UNDECIDED", "Ikke afgjort endnu"

    report = models.ForeignKey(BreachReport, models.PROTECT, related_name="assessments")
    answer = models.CharField("svar", max_length=20, choices=Answer)
    reason = models.TextField("begrundelse", blank=True)
    concerns_all = models.BooleanField("alle hændelsens breve er berørt", default=False)
    letters = ArrayField(models.BigIntegerField(), default=list, verbose_name="berørte breve")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            KnownValues("answer", "assessment_answer_known", "Vælg, om det er et brud, og om det anmeldes."),
            models.CheckConstraint(
                condition=Q(answer="UNDECIDED") | ~Q(reason=""),
                name="assessment_has_reason",
                violation_error_message="Skriv begrundelsen.",
            ),
            models.CheckConstraint(
                condition=Q(concerns_all=False) | Q(letters=[]),
                name="assessment_concerns_all_or_some",
                violation_error_message="Vælg enten alle breve eller enkelte breve.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return self.get_answer_display()


class BreachNotification(models.Model):
    """The notification of a report, as sent to Datatilsynet."""

    report = models.ForeignKey(BreachReport, models.PROTECT, related_name="notifications")
    sent_at = models.DateTimeField("sendt")
    case_number = models.CharField("Datatilsynets sagsnummer", max_length=40, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        triggers = erasable_ledger_triggers("case_number")

    def __str__(self) -> str:
        return f"anmeldelse af {self.report}"


class BreachOpinion(models.Model):
    """What the data protection officer says of a report (GDPR art. 39(1)(a))."""

    report = models.ForeignKey(BreachReport, models.PROTECT, related_name="opinions")
    text = models.TextField("udtalelse")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="opinion_has_text", violation_error_message="Skriv udtalelsen."
            ),
        ]
        triggers = erasable_ledger_triggers("text")

    def __str__(self) -> str:
        return self.text


class InformationDecision(models.Model):
    """Whether the recipients of the letters of a category are told of the breach (GDPR art. 34). The newest counts.

    `category`: as `letters.story.breach.affected_groups` names it. `text`: what the recipients are told.
    """

    report = models.ForeignKey(BreachReport, models.PROTECT, related_name="information_decisions")
    category = models.CharField("emneområde", max_length=120)
    is_told = models.BooleanField("får besked")
    reason = models.TextField("begrundelse")
    text = models.TextField("beskeden", blank=True)
    told_on = models.DateField("besked sendt", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="information_has_reason", violation_error_message="Skriv begrundelsen."
            ),
            models.CheckConstraint(
                condition=Q(is_told=True) & ~Q(text="") | Q(is_told=False, text="", told_on=None) | Q(salt=None),
                name="information_says_what",
                violation_error_message="Skriv, hvad modtagerne får at vide.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason", "text")

    def __str__(self) -> str:
        return f"{self.category}: {'får besked' if self.is_told else 'får ikke besked'}"
