"""The writer of an incoming mail: the letters of the writer, and the form to give a question about one to a desk.

A mail names its author itself. The letters show no more than the reader may see anyway, and a desk answers the account
of the named person, whoever wrote the mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q

from followups.boards.tables import board_link
from followups.models import FollowUp, LetterRow
from followups.my_letters.worklist import order_by_urgency
from followups.rules.letter_rows import letters_for
from letters.models import Incident
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.forms import FreeText, set_choices

#: The page lists so many letters of the writer, and a list of letters to choose from is no longer.
MAX_LETTERS = 50
#: characters of the mail that begin the question
MAX_QUESTION = 1000


@dataclass(frozen=True)
class Writer:
    """The writer of a mail, and the letters that the reader may see: those of the writer as sender or as leader."""

    user: User
    letters: list[LetterRow]
    has_more: bool

    @property
    def board_url(self) -> str:
        """Address of all letters that the writer sent."""
        return board_link(Unit.root().pk, sender=self.user.pk)

    @property
    def letters_to_ask_about(self) -> list[LetterRow]:
        """Letters without a decision that no desk has a question about."""
        return [one for one in self.letters if one.followup.status == FollowUp.Status.OPEN and not one.is_with_desk]


def find_writer(address: str, reader: User, incident: Incident | None = None) -> Writer | None:
    """Return the person with the address and the person's letters in the incident, with None in all incidents.

    Return None for a stranger. Two queries.
    """
    user = User.objects.filter(email__iexact=address).select_related("unit").first() if address else None
    if user is None:
        return None
    theirs = letters_for(reader, calendar.today()).filter(
        Q(sender=user) | Q(leader=user), withdrawn_at=None, followup__isnull=False
    )
    theirs = theirs.filter(incident=incident) if incident else theirs
    letters = list(order_by_urgency(theirs)[: MAX_LETTERS + 1])
    return Writer(user, letters[:MAX_LETTERS], len(letters) > MAX_LETTERS)


class HandOverForm(forms.Form):
    """The question to a desk: one of the writer's letters, and the text, which begins with the mail."""

    letter = forms.TypedChoiceField(
        label="Hvilket brev?",
        coerce=int,
        error_messages={"required": "Vælg et brev.", "invalid_choice": "Brevet kan ikke vælges mere. Vælg et andet."},
    )
    question = FreeText(
        label="Spørgsmål",
        max_length=MAX_QUESTION,
        help_text="Skriv ikke CPR-numre eller navne på modtagere af breve.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Skriv spørgsmålet."},
    )

    def __init__(self, letters: list[LetterRow], text: str, data: Any = None):
        super().__init__(data, initial={"question": without_quotes(text)[:MAX_QUESTION]}, auto_id="giv_%s")
        choices = [(one.pk, f"{one.shown_subject}, sendt {danish.moment(one.sent_at)}") for one in letters]
        set_choices(self, "letter", [*([] if len(choices) == 1 else [("", "Vælg")]), *choices])


def without_quotes(text: str) -> str:
    """Return the lines that the writer of the mail wrote, without those of the mail that it answers."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(">")).strip()
