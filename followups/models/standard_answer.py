"""Standard answers: texts that a desk inserts into an answer and adjusts."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from followups.models.escalation import Escalation
from letters.incident_kinds import WHAT_WENT_WRONG
from letters.models import Incident
from sepo_incident.accounts.models import Membership, User
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core.constraints import KnownValues

#: Stands in a standard answer for the sentence about what went wrong with the letter, as the field of a mail does.
SENTENCE_FIELD = f"{{{WHAT_WENT_WRONG}}}"
#: The sentence where the incident is unknown, or the answer goes to incidents of different kinds.
SOMETHING_WENT_WRONG = "Der skete en fejl med brevet."
#: Standard answers that DIT begins with, as (title, text).
DEFAULT_STANDARD_ANSWERS = [
    (
        "Find et brev uden emne",
        "Åbn Sendt post i Outlook, og sortér efter dato. Find brevets dag og klokkeslæt. "
        "Er der to breve tæt på hinanden, så åbn dem, og se, hvilket der har bilaget med. Send kun det.",
    ),
    (
        "Modtageren har ikke Digital Post",
        "Skriv et nyt brev, og send det med almindelig post. Brevet skal have dags dato. Regn en frist i det gamle "
        "brev fra den dag, det nye brev kommer frem.",
    ),
    (
        "Flyt en frist",
        f"{SENTENCE_FIELD} Skal modtageren have en ny frist, så skriv et nyt brev med fristen, forklar kort hvorfor, "
        "og journalisér begge breve.",
    ),
]


class StandardAnswerQuerySet(models.QuerySet["StandardAnswer"]):
    def editable_by(self, user: User) -> StandardAnswerQuerySet:
        """Return the standard answers that the user may edit."""
        return self.filter(desk__in=desks_editable_by(user))

    def create_defaults(self) -> None:
        """Create DIT's default standard answers, unless any standard answer exists."""
        if not self.exists():
            StandardAnswer.objects.bulk_create(
                StandardAnswer(desk=Escalation.Desk.DIT, title=title, text=text)
                for title, text in DEFAULT_STANDARD_ANSWERS
            )


class StandardAnswer(models.Model):
    """Text that a desk often answers with.

    A sent answer keeps a copy of the text, so a standard answer may be changed and deleted. The change log records
    every change.
    """

    desk = models.CharField("hvem svarer", max_length=10, choices=Escalation.Desk)
    title = models.CharField("navn", max_length=80)
    text = models.TextField("tekst")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="rettet af"
    )
    changed_at = models.DateTimeField("rettet", auto_now=True)

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
            KnownValues("desk", "standard_answer_desk_known", "Den, der svarer, findes ikke."),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(text=""),
                name="standard_answer_says_something",
                violation_error_message="Skriv et navn og en tekst.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.title

    def text_about(self, incidents: Iterable[Incident]) -> str:
        """Return the text as inserted into an answer about a letter in each of the incidents."""
        sentences = {incident.fault.one for incident in incidents}
        return self.text.replace(SENTENCE_FIELD, sentences.pop() if len(sentences) == 1 else SOMETHING_WENT_WRONG)


def desks_editable_by(user: User) -> list[Escalation.Desk]:
    """Return the desks whose standard answers the user may edit: the user's own desks, and all desks for Koncern IT."""
    if Membership.Role.KIT_ADMIN in user.roles:
        return list(Escalation.Desk)
    return [desk for desk, role in Escalation.DESK_ROLES.items() if role in user.roles]
