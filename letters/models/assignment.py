"""Assignments: a person or a unit given to letters that lacked an owner."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from letters.models.incident import Incident
from letters.models.letter import Letter
from letters.models.letter_change import LetterChange
from sepo_incident.accounts.models import Membership, Unit, User


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: User) -> AssignmentQuerySet:
        """Return the assignments that changed a letter visible to the user."""
        letters = Letter.objects.visible_to(user)
        return self.filter(Exists(LetterChange.objects.filter(assignment=OuterRef("pk"), letter__in=letters)))

    def undoable_by(self, user: User) -> AssignmentQuerySet:
        """Return the assignments that the user may undo: the user's own, and for Koncern IT all assignments."""
        return self if Membership.Role.KIT_ADMIN in user.roles else self.filter(by=user)

    def counted(self) -> AssignmentQuerySet:
        """Annotate every assignment with `letters`, the number of letters that the assignment changed."""
        return self.annotate(letters=Count("changes__letter", distinct=True))


class Assignment(models.Model):
    """A person gave some letters `user` or `unit` as `fact`.

    The letters' changes (`LetterChange`) name the letters.
    """

    class Fact(models.TextChoices):
        SENDER = "sender", "afsender"
        LEADER = "leader", "leder"
        UNIT = "unit", "enhed"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="assignments")
    fact = models.CharField("det, der manglede", max_length=10, choices=Fact)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField("fortrudt", null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "tildeling", "tildelinger"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fact="unit", unit__isnull=False, user__isnull=True)
                | Q(fact__in=["sender", "leader"], user__isnull=False, unit__isnull=True),
                name="assignment_gives_what_it_says",
                violation_error_message="En afsender og en leder er en person, og en enhed er en enhed.",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="assignment_undone_by_somebody",
                violation_error_message="Det skal fremgå, hvem der fortrød.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_fact_display()}: {self.given}"

    @property
    def given(self) -> User | Unit | None:
        return self.user or self.unit
