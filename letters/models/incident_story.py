"""The story of an incident: timeline, cause, measures, the supplier's answers, it-beredskab, contacts and plans.

People edit these rows, so each has a version, and the change log keeps every correction. What follows from other
rows (lists, dispatches, milestones) is derived by `letters.story.timeline` and is not stored here.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from letters.models.incident import Incident
from sepo_incident.accounts.models import Unit
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge


def phone_field(name: str) -> models.CharField[str, str]:
    """Return a column for a phone number in the form of `sepo_incident.core.danish`, or ""."""
    return models.CharField(name, max_length=danish.PHONE_MAX_LENGTH, blank=True)


def known_phone(name: str) -> models.CheckConstraint:
    """Return the constraint that the column `phone` has the stored form of `sepo_incident.core.danish`."""
    return models.CheckConstraint(
        condition=Q(phone="") | Q(phone__regex=danish.PHONE_FORM),
        name=name,
        violation_error_message="Skriv et helt telefonnummer, for eksempel 7080 1234.",
    )


def has_text(column: str, name: str, message: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=~Q(**{column: ""}), name=name, violation_error_message=message)


class StoryRow(models.Model):
    """A row that several people may edit. `letters.story.rows` adds, changes and deletes rows.

    `IDENTITY`: the columns of which an incident has a single row, or ().
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="%(class)s_rows")
    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class IncidentContact(StoryRow):
    """Somebody to call about the incident. The desks that mails name are columns of the incident itself."""

    class Kind(models.TextChoices):
        DUTY = "DUTY", "It-beredskabets vagt"
        SUPPLIER = "SUPPLIER", "Leverandør"
        ADVISER = "ADVISER", "Databeskyttelsesrådgiver"
        OTHER = "OTHER", "Anden kontakt"

    kind = models.CharField("slags", max_length=20, choices=Kind, default=Kind.OTHER)
    title = models.CharField("hvad", max_length=120)
    contact_name = models.CharField("navn", max_length=120, blank=True)
    phone = phone_field("telefon")
    email = models.EmailField("e-mail", blank=True)
    case_number = models.CharField("sagsnummer", max_length=40, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            KnownValues("kind", "contact_kind_known", "Den slags kontakt findes ikke."),
            has_text("title", "contact_has_title", "Skriv, hvem kontakten er."),
            known_phone("contact_phone_known"),
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""),
                name="contact_can_be_reached",
                violation_error_message="Skriv et telefonnummer eller en mailadresse.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.contact_name or self.title


class TimelineEntry(StoryRow):
    """An event of the incident that no other row tells. `time` may be unknown."""

    class Kind(models.TextChoices):
        FIRST_LETTER = "FIRST_LETTER", "Det første brev"
        SUSPICION = "SUSPICION", "Den første mistanke"
        SCALE_KNOWN = "SCALE_KNOWN", "Omfanget er kendt"
        AUTHORITY_TOLD = "AUTHORITY_TOLD", "En myndighed er orienteret"
        COMMITTEE_TOLD = "COMMITTEE_TOLD", "Et udvalg er orienteret"
        SUPPLIER_ANSWER = "SUPPLIER_ANSWER", "Leverandøren har svaret"
        OTHER = "OTHER", "Andet"

    kind = models.CharField("slags", max_length=20, choices=Kind, default=Kind.OTHER)
    day = models.DateField("dag")
    time = models.TimeField("klokkeslæt", null=True, blank=True)
    text = models.TextField("hvad skete der")
    source = models.CharField("kilde", max_length=200, blank=True)
    #: The note tells the event, as it tells the first letter, the suspicion and the scale.
    in_note = models.BooleanField("med i notatet", default=False)

    class Meta:
        ordering = ["-day", F("time").desc(nulls_last=True), "-pk"]
        constraints = [
            KnownValues("kind", "timeline_kind_known", "Den slags punkt findes ikke."),
            has_text("text", "timeline_has_text", "Skriv, hvad der skete."),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.text


class Cause(StoryRow):
    """What is known and not known about the cause."""

    class Status(models.TextChoices):
        PRELIMINARY = "PRELIMINARY", "foreløbig"
        FINAL = "FINAL", "endelig"

    IDENTITY = ("incident_id",)

    known = models.TextField("det ved vi")
    unknown = models.TextField("det ved vi ikke", blank=True)
    status = models.CharField("status", max_length=20, choices=Status, default=Status.PRELIMINARY)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                name="cause_once",
                violation_error_message="En anden har lige skrevet årsagen. Se den igennem.",
            ),
            KnownValues("status", "cause_status_known", "Årsagen er foreløbig eller endelig."),
            has_text("known", "cause_has_text", "Skriv, hvad I ved om årsagen."),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.known


class Claim(StoryRow):
    """What Koncern IT says of all letters of the incident, or says no longer, with the reason. The note prints it."""

    class Kind(models.TextChoices):
        NONE_LOST = "NONE_LOST", "Ingen breve er gået tabt"
        NO_STRANGER = "NO_STRANGER", "Ingen breve er kommet uvedkommende i hænde"
        ALL_RESENDABLE = "ALL_RESENDABLE", "Alle breve kan sendes igen"

    IDENTITY = ("incident_id", "kind")

    kind = models.CharField("udsagn", max_length=20, choices=Kind)
    is_withdrawn = models.BooleanField("udsagnet gælder ikke mere", default=False)
    reason = models.TextField("begrundelse")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind"],
                name="claim_once",
                violation_error_message="En anden har lige skrevet udsagnet. Se det igennem.",
            ),
            KnownValues("kind", "claim_kind_known", "Det udsagn findes ikke."),
            has_text("reason", "claim_has_reason", "Skriv, hvordan I ved det."),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.get_kind_display()


class MeasureStatus(NamedTuple):
    """The status of a measure on a day: a badge, and who did the measure, or since when the measure is overdue."""

    badge: Badge
    note: str = ""


class Measure(StoryRow):
    """Something that is done so that the incident does not happen again. Overdue follows from `due_on`."""

    class Status(models.TextChoices):
        NOT_BEGUN = "NOT_BEGUN", "ikke begyndt"
        IN_PROGRESS = "IN_PROGRESS", "i gang"
        DONE = "DONE", "gennemført"

    title = models.CharField("tiltag", max_length=200)
    contact_name = models.CharField("ejer", max_length=120)
    phone = phone_field("ejerens telefon")
    due_on = models.DateField("dato")
    status = models.CharField("status", max_length=20, choices=Status, default=Status.NOT_BEGUN)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    done_at = models.DateTimeField("gennemført", null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            KnownValues("status", "measure_status_known", "Et tiltag er ikke begyndt, i gang eller gennemført."),
            has_text("title", "measure_has_title", "Skriv, hvad der skal gøres."),
            has_text("contact_name", "measure_has_owner", "Skriv, hvem der ejer tiltaget."),
            known_phone("measure_phone_known"),
            models.CheckConstraint(
                condition=Q(status="DONE", done_by__isnull=False, done_at__isnull=False)
                | (~Q(status="DONE") & Q(done_by=None, done_at=None)),
                name="measure_done_by_and_at",
                violation_error_message="Et tiltag, der er gennemført, har et navn og et tidspunkt.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.title

    def is_overdue(self, today: date) -> bool:
        return self.status != self.Status.DONE and self.due_on < today

    def status_on(self, today: date) -> MeasureStatus:
        """Return the status as people read it on the day `today`. Reads `done_by` of a measure that is done."""
        if self.done_by and self.done_at:
            who = f"{self.done_by.name}, {danish.day_month(self.done_at)}"
            return MeasureStatus(Badge("Gennemført", "is-ok", "check"), who)
        if self.is_overdue(today):
            return MeasureStatus(Badge("Forsinket", "is-late", "error"), danish.days_left(self.due_on, today))
        begun = self.status == self.Status.IN_PROGRESS
        return MeasureStatus(Badge("I gang", "is-info", "sync") if begun else Badge("Ikke begyndt"))


class SupplierExchange(StoryRow):
    """A question to the supplier, and the answer when it comes."""

    day = models.DateField("dag")
    text = models.TextField("det spurgte vi om")
    answer = models.TextField("leverandøren svarede", blank=True)
    next_answer_on = models.DateField("næste svar ventes", null=True, blank=True)

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [
            has_text("text", "exchange_has_text", "Skriv, hvad I spurgte om."),
            models.CheckConstraint(
                condition=Q(next_answer_on=None) | Q(next_answer_on__gte=F("day")),
                name="exchange_answer_after_question",
                violation_error_message="Det næste svar kan ikke komme før spørgsmålet.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.text


class Emergency(StoryRow):
    """A period of it-beredskab. `contact_name`: the person who raised it."""

    raised_at = models.DateTimeField("aktiveret")
    contact_name = models.CharField("hvem aktiverede det", max_length=120)
    stood_down_at = models.DateTimeField("sluttede", null=True, blank=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(stood_down_at=None),
                name="emergency_one_at_a_time",
                violation_error_message="It-beredskabet er allerede aktiveret.",
            ),
            has_text("contact_name", "emergency_has_person", "Skriv, hvem der aktiverede it-beredskabet."),
            models.CheckConstraint(
                condition=Q(stood_down_at=None) | Q(stood_down_at__gte=F("raised_at")),
                name="emergency_ends_after_it_began",
                violation_error_message="It-beredskabet kan ikke slutte, før det blev aktiveret.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"it-beredskab, {self.contact_name}"

    @property
    def is_ongoing(self) -> bool:
        return self.pk is not None and self.stood_down_at is None


class AdministrationPlan(StoryRow):
    """An administration's own plan: whom to ask, the internal deadline, the texts, and the committee's meeting.

    `text` is the plan itself: how letters are resent, and how consequences are handled. Without it there is no plan.
    `received_at` and `received_by`: when the plan was sent in, and by whom. The internal deadline is never later than
    the incident's (`letters.story.plans`).
    """

    IDENTITY = ("incident_id", "unit_id")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="plans")
    contact_name = models.CharField("kontakt", max_length=120)
    phone = phone_field("telefon")
    email = models.EmailField("e-mail", blank=True)
    support_email = models.EmailField("support", blank=True)
    #: Gets the mails of `notifications.reminders.director_mails`.
    director_name = models.CharField("direktør", max_length=120, blank=True)
    director_email = models.EmailField("direktørens mailadresse", blank=True)
    deadline = models.DateField("forvaltningens frist", null=True, blank=True)
    #: Stands in the first notice to the administration's senders.
    mail_text = models.CharField("til mailen", max_length=300, blank=True)
    text = models.TextField("plan", blank=True)
    statement = models.TextField("til notatet", blank=True)
    committee = models.CharField("udvalg", max_length=120, blank=True)
    meeting_on = models.DateField("udvalgets møde", null=True, blank=True)
    case_number = models.CharField("sagsnummer", max_length=40, blank=True)
    document_number = models.CharField("dokumentnummer", max_length=40, blank=True)
    case_worker = models.CharField("sagsbehandler", max_length=120, blank=True)
    office = models.TextField("kontor og adresse", blank=True)
    ean = models.CharField("EAN-nummer", max_length=13, blank=True)
    received_at = models.DateTimeField("modtaget")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "unit"],
                name="plan_once",
                violation_error_message="En kollega har lige sendt planen. Se den igennem.",
            ),
            has_text("contact_name", "plan_has_contact", "Skriv, hvem man kan spørge."),
            known_phone("plan_phone_known"),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"plan for {self.unit}"

    @property
    def is_written(self) -> bool:
        return bool(self.text)
