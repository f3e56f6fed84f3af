"""Changes of letters: a row for every change, append-only, the assignments behind, and the leader roles that follow.

SQL that changes many letters writes the history in the same statement (`update_with_history`), so that no fact
changes silently.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from letters.models.import_batch import ImportBatch
from letters.models.incident import Incident
from letters.models.letter import Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import give_roles_sql, lock_roles, take_roles_sql
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core import database
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_files import read_sql

#: The personal values in `before` and `after`.
_PERSONAL_FIELDS = [
    f"{side}.{fact}"
    for side in ("before", "after")
    for fact in ("subject", "sender_name", "leader_name", "recipient_key")
]


class LetterChange(models.Model):
    """A letter was corrected, withdrawn, reinstated, given an owner or put in a different category.

    `before` and `after` are {column of `Letter`: value in the database} of the columns that differ, so that the
    change can be described and undone. A subject in `before` or `after` is as secret as the letter's subject.
    """

    class Kind(models.TextChoices):
        CHANGED = "CHANGED", "rettet af en liste"
        WITHDRAWN = "WITHDRAWN", "trukket tilbage"
        REINSTATED = "REINSTATED", "sat på listen igen"
        ASSIGNED = "ASSIGNED", "fået en ansvarlig"
        RECLASSIFIED = "RECLASSIFIED", "fået et andet emneområde"

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="changes")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: The list that caused the change. None: a person made the change on a page.
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="changes", null=True, blank=True)
    #: The assignment that made the change, or that was undone by the change.
    assignment = models.ForeignKey("letters.Assignment", models.PROTECT, related_name="changes", null=True, blank=True)
    before = models.JSONField("før", default=dict)
    after = models.JSONField("efter", default=dict)
    reason = models.TextField("begrundelse", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af brev", "ændringer af breve"
        ordering = ["pk"]
        constraints = [
            KnownValues("kind", "letter_change_kind_known", "Den slags ændring findes ikke."),
            models.CheckConstraint(
                condition=~Q(kind="WITHDRAWN", reason=""),
                name="letter_withdrawn_for_a_reason",
                violation_error_message="Skriv, hvorfor du trækker brevet tilbage.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason", *_PERSONAL_FIELDS)

    def __str__(self) -> str:
        return f"{self.letter}: {self.get_kind_display()}"

    @property
    def is_by_rules(self) -> bool:
        """Tell whether a re-run of the rules made the change. A person who chooses a category gives no reason."""
        return self.kind == self.Kind.RECLASSIFIED and self.reason != ""


#: The facts of a letter that a row of a list gives.
LETTER_FACTS = (
    "sender_id", "sender_name", "leader_id", "leader_name", "unit_id", "subject", "category", "sent_at",
    "recipient_kind", "recipient_key", "is_personnel_case", "has_deadline", "named_on",
)  # fmt: skip
#: The columns whose changes are recorded.
LOGGED_COLUMNS = (*LETTER_FACTS, "withdrawn_at")


def _changed_columns_sql(side: str) -> str:
    """Return SQL for {column: value} of the changed columns, on the side `old` or `new` of an update.

    Turning the whole letter into JSON would take three times as long.
    """
    parts = (
        f"CASE WHEN old.{name} IS DISTINCT FROM new.{name} THEN jsonb_build_object('{name}', {side}.{name}) "
        "ELSE '{}'::jsonb END"
        for name in LOGGED_COLUMNS
    )
    return " || ".join(parts)


_BEFORE_SQL, _AFTER_SQL = _changed_columns_sql("old"), _changed_columns_sql("new")


def update_with_history(
    update: str,
    *,
    kind: str = "CHANGED",
    batch: int | None = None,
    assignment: int | None = None,
    by: int | None,
    reason: str = "",
    now: datetime | None = None,
    **values: Any,
) -> int:
    """Run `update`, an UPDATE of `letters_letter AS l`, and record a change for every altered letter.

    A change has the given `kind`, unless the letter was withdrawn or reinstated. The arguments are parameters of the
    UPDATE too, and so are `values`. `now`: the time of the change, the present time if None. Return the number of
    recorded changes.
    """
    statement = read_sql(__file__, "record_changes.sql", update=update, before=_BEFORE_SQL, after=_AFTER_SQL)
    values |= {"kind": kind, "batch": batch, "assignment": assignment, "by": by, "reason": reason}
    return database.execute(statement, values | {"now": now or timezone.now()})


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: User) -> AssignmentQuerySet:
        """Return the assignments that changed a letter visible to the user."""
        letters = Letter.objects.visible_to(user)
        return self.filter(Exists(LetterChange.objects.filter(assignment=OuterRef("pk"), letter__in=letters)))

    def undoable_by(self, user: User) -> AssignmentQuerySet:
        """Return the assignments that the user may undo: the user's own, and for Koncern IT all assignments."""
        return self if Membership.Role.KIT_ADMIN in user.roles else self.filter(by=user)

    def annotate_letter_counts(self) -> AssignmentQuerySet:
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
    fact = models.CharField("tildelt", max_length=10, choices=Fact)
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
                violation_error_message="Angiv, hvem der fortrød.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_fact_display()}: {self.assignee}"

    @property
    def assignee(self) -> User | Unit | None:
        return self.user or self.unit


def sync_leader_roles(incident_id: int, by_id: int | None) -> None:
    """Add and remove leader roles, in the transaction that changed the letters. `by_id`: id of the acting user.

    The leader of a letter is a leader of the letter's unit, and the role opens the unit's board. The role is removed
    when no letter supports the role any more and nothing else gives the role.
    """
    lock_roles(by_id)
    leaders, former_leaders = (
        read_sql(__file__, name) for name in ("leaders_of_letters.sql", "leaders_without_letters.sql")
    )
    database.execute(give_roles_sql("made_by_import", leaders), {"incident": incident_id})
    database.execute(take_roles_sql("made_by_import", former_leaders))
