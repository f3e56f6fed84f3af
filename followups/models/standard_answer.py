"""What a desk answers often: a text to put into an answer and adjust."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from followups.models.escalation import Escalation
from sepo_incident.accounts.models import Membership, User
from sepo_incident.ledgers.triggers import TOLD

#: what DIT begins with, (title, text)
FIRST = [
    (
        "Find et brev uden emne",
        "Åbn Sendt post i Outlook, og sortér efter dato. Find den dag og det klokkeslæt, der står på brevet. "
        "Er der to breve tæt på hinanden, så åbn dem, og se, hvilket der har bilaget med. Send kun det.",
    ),
    (
        "Modtageren har ikke Digital Post",
        "Vælg »Skriv et nyt brev«, og send det med almindelig post. Brevet skal have dags dato, og en frist i det "
        "gamle brev skal regnes fra den dag, det nye brev kommer frem.",
    ),
    (
        "Flyt en frist",
        "Brevet er ikke kommet frem, så fristen i det er ikke begyndt at løbe. Skriv et nyt brev med en ny frist, "
        "forklar kort hvorfor, og journalisér begge breve.",
    ),
]


class StandardAnswerQuerySet(models.QuerySet["StandardAnswer"]):
    def editable_by(self, user: User) -> StandardAnswerQuerySet:
        return self.filter(desk__in=desks_edited_by(user))

    def begin(self) -> None:
        """Those of DIT, unless somebody has written any."""
        if not self.exists():
            StandardAnswer.objects.bulk_create(
                StandardAnswer(desk=Escalation.Desk.DIT, title=title, text=text) for title, text in FIRST
            )


class StandardAnswer(models.Model):
    """An answer that used it keeps its own words, so it may be altered and deleted; each change of it is told."""

    desk = models.CharField("hvem svarer", max_length=10, choices=Escalation.Desk)
    title = models.CharField("navn", max_length=80)
    text = models.TextField("tekst")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="rettet af"
    )
    changed_at = models.DateTimeField("rettet", auto_now=True)
    #: counts the changes, so that who read an earlier one is told
    version = models.PositiveIntegerField(default=0, db_default=0)

    objects = StandardAnswerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "standardsvar", "standardsvar"
        ordering = ["desk", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                "desk",
                Lower("title"),
                name="standard_answer_once",
                violation_error_message="Der er allerede et standardsvar med det navn.",
            ),
            models.CheckConstraint(
                condition=Q(desk__in=["DIT", "HR", "KIT"]),
                name="standard_answer_desk_known",
                violation_error_message="Den, der svarer, findes ikke.",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(text=""),
                name="standard_answer_says_something",
                violation_error_message="Skriv et navn og en tekst.",
            ),
        ]
        triggers = TOLD

    def __str__(self) -> str:
        return self.title


def desks_edited_by(user: User) -> list[Escalation.Desk]:
    """One's own; Koncern IT edits those of all."""
    if Membership.Role.KIT_ADMIN in user.roles:
        return list(Escalation.Desk)
    return [desk for desk, role in Escalation.DESK_ROLES.items() if role in user.roles]
