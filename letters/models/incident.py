"""Incidents: the system affected, the days, and the deadline for putting the letters right."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from letters.incident_kinds import KINDS, Fault, IncidentKind, KindRules
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.database import Conflict

if TYPE_CHECKING:
    from letters.models.incident_story import AdministrationPlan
    from sepo_incident.accounts.models import Unit

#: The longest time from the last day to the deadline: two years and a leap day. A later year was mistyped.
MAX_DEADLINE_DISTANCE = timedelta(days=2 * 365 + 1)
#: What senders do while nobody has said whether the fault is fixed, and what to do meanwhile.
UNTIL_FIXED = "Kontrollér, at brevet når den rette modtager, når du sender det igen."
CLOSED_MESSAGE = "Hændelsen er lukket. Koncern IT kan åbne den igen."


class IncidentClosed(Conflict):
    """Raised by a service that would change something of a closed incident."""

    def __init__(self) -> None:
        super().__init__(CLOSED_MESSAGE)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def not_closed(self) -> IncidentQuerySet:
        """Return the incidents that are prepared or open, newest first. Jobs by the clock run for each of them."""
        return self.exclude(status=Incident.Status.CLOSED).order_by("-pk")

    def only_open(self) -> Incident | None:
        """Return the only incident that is not closed; None if there is none or several."""
        found = list(self.not_closed()[:2])
        return found[0] if len(found) == 1 else None

    def lock_open(self, pk: int) -> Incident:
        """Return the incident, locked until the transaction ends. Raise IncidentClosed."""
        incident: Incident = self.select_for_update(no_key=True).get(pk=pk)
        if incident.is_closed:
            raise IncidentClosed
        return incident


class Incident(models.Model):
    """An incident: the system, the first and last day, the deadline and the contacts."""

    class Status(models.TextChoices):
        PREPARING = "PREPARING", "under forberedelse"
        OPEN = "OPEN", "åben"
        CLOSED = "CLOSED", "lukket"

    slug = models.SlugField("kortnavn", max_length=60, unique=True)
    title = models.CharField("titel", max_length=200)
    kind = models.CharField("hvad der gik galt", max_length=20, choices=IncidentKind, default=IncidentKind.NOT_ARRIVED)
    #: What went wrong in KIT's own words; "" means the words of the kind. `fault` has the words that apply.
    fault_short = models.CharField("hvad der skete med brevene, kort", max_length=60, blank=True)
    fault_one = models.CharField("hvad der skete med ét brev", max_length=200, blank=True)
    fault_many = models.CharField("hvad der skete med flere breve", max_length=200, blank=True)
    system = models.CharField("system", max_length=60, default="SEPO")
    first_day = models.DateField("første dag")
    last_day = models.DateField("sidste dag")
    #: The deadline is the end of this day in Copenhagen: "inden" and "senest" both occur in the case.
    deadline = models.DateField("frist")
    status = models.CharField("status", max_length=20, choices=Status, default=Status.PREPARING)
    case_number = models.CharField("journalnummer", max_length=40, blank=True)
    document_number = models.CharField("dokumentnummer", max_length=40, blank=True)
    #: Stand in the margin of the municipality's note, each "" where nobody has said so.
    case_worker = models.CharField("sagsbehandler", max_length=120, blank=True)
    office = models.TextField("kontor og adresse", blank=True)
    ean = models.CharField("EAN-nummer", max_length=13, blank=True)
    #: How many letters the system sent in the window, hit or not, and who says so.
    sent_in_all = models.PositiveIntegerField("breve sendt i alt i perioden", null=True, blank=True)
    sent_in_all_source = models.CharField("kilde til det tal", max_length=120, blank=True)
    support_email = models.EmailField("support", default="DIT@buf.kk.dk")
    #: Where a reader of a mail checks that the mail is genuine, as a sentence; "" where there is no such place.
    genuine_check = models.CharField("sådan ser man, at mailen er ægte", max_length=200, blank=True)
    personnel_contact = models.CharField(
        "kontakt i personalesager", max_length=120, default="Personalejura og Forhandling i Koncernservice"
    )
    personnel_phone = models.CharField("telefon i personalesager", max_length=20, default="7080 8000")
    signed_by = models.CharField("underskrift", max_length=80, default="Koncern IT")
    guide_url = models.URLField("vejledning", blank=True)
    draft_url = models.URLField("udkast til modtageren", blank=True)
    #: Whether the front page shows how many letters there are, are followed up or not, and have arrived.
    shows_public_figures = models.BooleanField("tal på forsiden", default=False)
    #: Letters sent from this day on get through again, as somebody has checked. None: not yet, or nobody knows.
    fixed_from = models.DateField("breve kommer frem fra og med", null=True, blank=True)
    fix_checked_on = models.DateField("kontrolleret den", null=True, blank=True)
    fix_checked_by = models.CharField("hvem kontrollerede det", max_length=120, blank=True)
    fix_evidence = models.CharField("hvordan ved I det", max_length=200, blank=True)
    #: What senders do with their letters while the fault is not fixed.
    until_fixed = models.CharField("det gør afsenderne imens", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Increases when KIT edits the facts.
    version = models.PositiveIntegerField(default=0)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "hændelse", "hændelser"
        #: The code of a violation is the field that a form shows the message beside; see `ConstraintErrorsMixin`.
        constraints = [
            KnownValues("kind", "incident_kind_known", "Den slags hændelse findes ikke."),
            KnownValues("status", "incident_status_known", "En hændelse er under forberedelse, åben eller lukket."),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="incident_window_ordered",
                violation_error_code="last_day",
                violation_error_message="Første dag skal ligge før sidste dag.",
            ),
            models.CheckConstraint(
                condition=Q(deadline__gt=F("last_day")),
                name="incident_deadline_after_window",
                violation_error_code="deadline",
                violation_error_message="Fristen skal ligge efter den sidste dag.",
            ),
            models.CheckConstraint(
                condition=Q(deadline__lte=F("last_day") + MAX_DEADLINE_DISTANCE),
                name="incident_deadline_in_sight",
                violation_error_code="deadline",
                violation_error_message="Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?",
            ),
            models.CheckConstraint(
                condition=Q(fixed_from=None, fix_checked_on=None, fix_checked_by="", fix_evidence="")
                | Q(fixed_from__isnull=False, fix_checked_on__isnull=False, fix_checked_by__gt="", fix_evidence__gt=""),
                name="incident_fix_is_proven",
                violation_error_code="fixed_from",
                violation_error_message="Udfyld alle fire felter, når fejlen er rettet.",
            ),
            models.CheckConstraint(
                condition=Q(fixed_from=None) | Q(fixed_from__gt=F("last_day")),
                name="incident_fixed_after_window",
                violation_error_code="fixed_from",
                violation_error_message="Dagen skal ligge efter den sidste dag, hvor fejlen ramte breve.",
            ),
            models.CheckConstraint(
                condition=Q(fixed_from=None) | Q(fix_checked_on__gte=F("fixed_from")),
                name="incident_fix_checked_afterwards",
                violation_error_code="fix_checked_on",
                violation_error_message="Det kan først kontrolleres, når brevene kommer frem igen.",
            ),
            models.CheckConstraint(
                condition=Q(sent_in_all=None, sent_in_all_source="")
                | Q(sent_in_all__isnull=False, sent_in_all_source__gt=""),
                name="incident_sent_in_all_has_source",
                violation_error_code="sent_in_all_source",
                violation_error_message="Skriv både tallet og kilden, eller ingen af dem.",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{column: ""}) | Q(**{f"{column}__startswith": "https://"}),
                    name=f"incident_{column}_is_https",
                    violation_error_message="Adressen skal begynde med https://.",
                )
                for column in ("guide_url", "draft_url")
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.title

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    @cached_property
    def closing(self) -> StatusChange | None:
        """The act that closed the incident, None for an incident that is not closed. One query."""
        return self.status_changes.filter(new=self.Status.CLOSED).first() if self.is_closed else None

    @property
    def rules(self) -> KindRules:
        """Return what the kind of the incident sets."""
        return KINDS[IncidentKind(self.kind)]

    @property
    def fault(self) -> Fault:
        """Return what went wrong with the letters, in the incident's own words or those of the kind."""
        usual = self.rules.fault
        return Fault(self.fault_short or usual.short, self.fault_one or usual.one, self.fault_many or usual.many)

    @cached_property
    def plans_by_unit(self) -> dict[int, AdministrationPlan]:
        """The plans of the administrations. One query."""
        return {plan.unit_id: plan for plan in self.administrationplan_rows.all()}

    @cached_property
    def deadlines(self) -> list[date]:
        """Every day that is the deadline of some letters, or may be. Two queries."""
        extended = {one.deadline for one in self.deadline_extensions.all()}
        own = {plan.deadline for plan in self.plans_by_unit.values() if plan.deadline}
        return sorted({self.deadline, *extended, *own})

    def plan_of(self, unit: Unit | None) -> AdministrationPlan | None:
        """Return the plan of the administration that the unit is or lies below, if there is one."""
        return next((self.plans_by_unit[pk] for pk in unit.lineage if pk in self.plans_by_unit), None) if unit else None

    def usual_deadline_of(self, unit: Unit | None) -> date:
        """Return the deadline of the unit without an extension: the administration's own, else the incident's."""
        plan = self.plan_of(unit)
        return (plan and plan.deadline) or self.deadline

    def support_of(self, unit: Unit | None) -> str:
        """Return the mail address of the unit's support: of the administration, else of the incident."""
        plan = self.plan_of(unit)
        return (plan and plan.support_email) or self.support_email

    @property
    def fix_state(self) -> str:
        """Return whether the fault is fixed, in a short sentence that everybody may read."""
        if self.fixed_from:
            return "Fejlen er rettet."
        return "Fejlen er ikke rettet endnu." if self.until_fixed else "Det er ikke afklaret, om fejlen er rettet."

    @property
    def fix_report(self) -> str:
        """Return whether the fault is fixed, and from which day letters get through."""
        if self.fixed_from is None:
            return self.fix_state
        first = danish.date(self.fixed_from)
        return f"Fejlen er rettet: Breve, der er sendt fra og med den {first}, {self.rules.works_again}."

    @property
    def fix_advice(self) -> str:
        """Return `fix_report`, and what senders do until the fault is fixed."""
        advice = "" if self.fixed_from else f" {(self.until_fixed or UNTIL_FIXED).rstrip('.')}."
        return f"{self.fix_report}{advice}"

    @property
    def fix_proof(self) -> str:
        """Return who checked that the fault is fixed, when and how; "" for a fault that is not fixed."""
        if self.fix_checked_on is None:
            return ""
        evidence = self.fix_evidence.rstrip(".")
        return f"{self.fix_checked_by} kontrollerede det den {danish.date(self.fix_checked_on)}: {evidence}."

    @property
    def plausible_dates(self) -> tuple[date, date]:
        """Return the first and last plausible date in a letter of the incident or in a replacement letter.

        From a year before the first day until `MAX_DEADLINE_DISTANCE` after the last day. A date outside was
        mistyped.
        """
        return self.first_day - timedelta(days=365), self.last_day + MAX_DEADLINE_DISTANCE

    @property
    def window(self) -> str:
        """Return for example «9.–19. december 2019»."""
        return danish.window(self.first_day, self.last_day)

    @property
    def window_in_words(self) -> str:
        """Return «fra mandag den 9. til torsdag den 19. december 2019», or «mandag den 9. december 2019»."""
        first, last = self.first_day, self.last_day
        if first == last:
            return danish.weekday_date(first)
        day = f"{danish.weekday(first)} den {first.day}."
        if (first.year, first.month) != (last.year, last.month):
            day = danish.weekday_date_short(first) if first.year == last.year else danish.weekday_date(first)
        return f"fra {day} til {danish.weekday_date(last)}"


class DeadlineChange(models.Model):
    """A change of an incident's deadline, always with a reason. Append-only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="deadline_changes")
    old = models.DateField("gammel frist")
    new = models.DateField("ny frist")
    reason = models.TextField("begrundelse")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="deadline_change_has_reason",
                violation_error_message="Skriv, hvorfor du flytter fristen.",
            ),
            models.CheckConstraint(
                condition=~Q(old=F("new")),
                name="deadline_change_moves_it",
                violation_error_message="Det er allerede fristen. Vælg en anden dato.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"{danish.date(self.old)} → {danish.date(self.new)}"


class StatusChange(models.Model):
    """An incident opened, closed or reopened. `still_open`: what was not finished when it closed. Append-only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="status_changes")
    old = models.CharField("før", max_length=20, choices=Incident.Status)
    new = models.CharField("nu", max_length=20, choices=Incident.Status)
    reason = models.TextField("begrundelse", blank=True)
    still_open = models.JSONField("mangler", default=list)
    #: None: the command line.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            KnownValues("old", "status_change_old_known", "En hændelse er under forberedelse, åben eller lukket."),
            KnownValues("new", "status_change_new_known", "En hændelse er under forberedelse, åben eller lukket."),
            models.CheckConstraint(
                condition=~Q(new="CLOSED") | Q(still_open=[]) | ~Q(reason=""),
                name="closing_with_rest_has_reason",
                violation_error_message="Skriv, hvorfor hændelsen kan lukkes, selv om noget mangler.",
            ),
            models.CheckConstraint(
                condition=~Q(old="CLOSED") | ~Q(reason=""),
                name="reopening_has_reason",
                violation_error_message="Skriv, hvorfor hændelsen åbnes igen.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"
