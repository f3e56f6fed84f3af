"""The rules that decide the category of a letter."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Regex

from letters.models.incident import Incident
from letters.models.letter import Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core.constraints import KnownValues

#: A rule without a length; a rule without fixed days.
NO_LENGTH, NO_DAYS = Q(length=None, length_unit=""), Q(fixed_days=[])
#: NULL is excluded explicitly, because a check constraint accepts NULL.
SOME_LENGTH = Q(length__isnull=False, length__range=(1, 366)) & ~Q(length_unit="")
#: "MM-DD" of a day that exists every year.
MONTH_DAY_PATTERN = r"((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
FIXED_DAYS_TEXT = Func(F("fixed_days"), Value(" "), function="array_to_string", output_field=models.CharField())


class CategoryRuleQuerySet(models.QuerySet["CategoryRule"]):
    def deadline_rules(self) -> CategoryRuleQuerySet:
        """Return the rule with the deadline of every category: the first rule of the name that has a clock."""
        return self.exclude(clock="").order_by("incident", "name", "position").distinct("incident", "name")


class CategoryRule(models.Model):
    """A rule that catches letters by words in the subject, unit and kind of recipient.

    A rule catches a letter that has any of the words, comes from the unit or below, and goes to the kind of
    recipient. The first rule with a name that catches a letter gives the letter the name as category; every rule that
    catches the letter also sets the marks. The syntax of the words is in `letters/categories/category_matching.py`.

    A rule with a name may have a clock, the deadline of all letters in the category, also of letters that a person
    put in the category.
    """

    class Clock(models.TextChoices):
        MEETING = "MEETING", "mødedato"
        HEARING = "HEARING", "høringsfrist"
        PERIOD = "PERIOD", "et antal dage"
        FIXED = "FIXED", "faste datoer"

    class LengthUnit(models.TextChoices):
        DAY = "DAY", "dage"
        WORKING_DAY = "WORKING_DAY", "arbejdsdage"
        WEEK = "WEEK", "uger"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="category_rules", db_index=False)
    position = models.PositiveIntegerField("rækkefølge")
    name = models.CharField("emneområde", max_length=40, blank=True)
    words = models.CharField("ord i emnet", max_length=1000, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="enhed")
    recipient_kind = models.CharField("modtager", max_length=20, choices=Letter.RecipientKind, blank=True)
    is_personnel = models.BooleanField("brevene er personalesager", default=False)
    has_deadline = models.BooleanField("brevene har en dato", default=False)
    clock = models.CharField("dato", max_length=20, choices=Clock, blank=True)
    #: Counted from the day when a letter was sent. PERIOD always has a length, HEARING may have a length.
    length = models.PositiveSmallIntegerField("længde", null=True, blank=True)
    length_unit = models.CharField("længdens enhed", max_length=20, choices=LengthUnit, blank=True)
    #: For FIXED: "MM-DD", in the order of the year.
    fixed_days = ArrayField(models.CharField(max_length=5), verbose_name="faste datoer", default=list, blank=True)
    #: The legal source of the deadline, in the users' words.
    source = models.CharField("lovhenvisning", max_length=500, blank=True)
    #: Number of working days proposed as the deadline of a rewritten letter. None: as many as the original letter gave.
    new_days = models.PositiveSmallIntegerField("arbejdsdage til en ny dato", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = CategoryRuleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "regel for emneområde", "regler for emneområder"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "position"],
                name="category_rule_has_its_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="To regler kan ikke have samme plads.",
            ),
            models.CheckConstraint(
                condition=~Q(words="", unit=None, recipient_kind=""),
                name="category_rule_does_not_catch_all",
                violation_error_message="Skriv mindst ét ord, eller vælg en enhed eller en modtager.",
            ),
            models.CheckConstraint(
                condition=~Q(name="", is_personnel=False, has_deadline=False),
                name="category_rule_names_or_marks",
                violation_error_message="Giv emneområdet et navn, eller sæt et af mærkerne.",
            ),
            KnownValues(
                "recipient_kind",
                "category_rule_recipient_kind_known",
                "En modtager er borger, medarbejder eller ukendt.",
            ),
            models.CheckConstraint(
                condition=Q(clock__in=["", "MEETING", "HEARING", "PERIOD", "FIXED"])
                & Q(length_unit__in=["", "DAY", "WORKING_DAY", "WEEK"]),
                name="category_rule_clock_known",
                violation_error_message="Den slags dato findes ikke.",
            ),
            models.CheckConstraint(
                condition=(Q(clock="", source="", new_days=None) & NO_LENGTH & NO_DAYS)
                | (Q(clock="MEETING") & NO_LENGTH & NO_DAYS)
                | (Q(clock="HEARING") & (NO_LENGTH | SOME_LENGTH) & NO_DAYS)
                | (Q(clock="PERIOD") & SOME_LENGTH & NO_DAYS)
                | (Q(clock="FIXED") & NO_LENGTH & ~NO_DAYS),
                name="category_rule_clock_has_its_fields",
                violation_error_message="Datoen passer ikke til længden eller de faste datoer.",
            ),
            models.CheckConstraint(
                condition=Q(Regex(FIXED_DAYS_TEXT, rf"^({MONTH_DAY_PATTERN}( {MONTH_DAY_PATTERN})*)?$")),
                name="category_rule_days_come_every_year",
                violation_error_message="Skriv datoer, som findes hvert år.",
            ),
            models.CheckConstraint(
                condition=Q(clock="") | ~Q(name=""),
                name="category_rule_clock_has_a_name",
                violation_error_message="Giv emneområdet et navn, når brevene har en dato.",
            ),
            models.CheckConstraint(
                condition=Q(new_days=None) | Q(new_days__range=(1, 366)),
                name="category_rule_new_days_in_sight",
                violation_error_message="Skriv et tal fra 1 til 366.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        marks = ["Personalesag"] * self.is_personnel + ["Har en dato"] * self.has_deadline
        return self.name or f"Kun mærket {' og '.join(marks)}"

    @property
    def lacks_source(self) -> bool:
        """Tell whether the rule computes a deadline without a legal source.

        A date in the subject needs no source.
        """
        return not self.source and (self.clock == self.Clock.FIXED or self.length is not None)

    @property
    def catches_personnel_cases(self) -> bool:
        """Tell whether the letters of the rule are personnel cases, which Koncern IT may not read or count."""
        return self.is_personnel or self.recipient_kind == Letter.RecipientKind.EMPLOYEE
