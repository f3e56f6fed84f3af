"""A text as it becomes for somebody: whoever such a mail may go to, or sample letters while there are none."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from letters.models import Incident, Letter
from notifications.editing import samples
from notifications.facts.drafting import Draft
from notifications.kinds import KINDS, Kind, owed
from notifications.texts.fields import BLOCKS, Field, Fields
from notifications.texts.wording import Mail, Wording, value_of
from notifications.writing.composing import draft_of
from sepo_incident import danish
from sepo_incident.accounts.models import User

#: how many people the search shows
SHOWN = 8


class Preview(NamedTuple):
    """``is_real`` is false for sample letters; ``is_due`` is true of a mail that is owed as it is shown."""

    draft: Draft
    mail: Mail
    is_real: bool
    is_due: bool


class Audience:
    """Whom a kind of mail may go to, and about which letters, of those that the reader may see."""

    def __init__(self, kind: str, incident: Incident, reader: User):
        self.kind, self.incident = kind, incident
        self.addressee = KINDS[Kind(kind)].addressee
        self.letters = Letter.objects.visible_to(reader).filter(incident=incident).standing()

    @cached_property
    def due(self) -> dict[int, list[int]]:
        """{receiver: the letters that a mail would be about now}. One query, which for some kinds is slow."""
        owed_now = owed(self.kind, self.incident).filter(letter__in=self.letters)
        due = defaultdict(list)
        for receiver, letter in owed_now.values_list("receiver", "letter"):
            due[receiver].append(letter)
        return due

    @property
    def receivers(self) -> QuerySet[User]:
        """Everybody who is owed such a mail now, or has letters that one may be about, in alphabetical order."""
        some_day = self.letters.exclude(**{self.addressee: None}).values(self.addressee)
        return User.objects.filter(Q(pk__in=list(self.due)) | Q(pk__in=some_day)).order_by("name", "pk")

    def called(self, words: str) -> list[User]:
        found = self.receivers.filter(name__icontains=" ".join(words.split())).select_related("unit")
        return list(found[:SHOWN])

    def letters_of(self, receiver: User) -> list[Letter]:
        """Those that the mail would be about now; while it would be about none, all that it may be about some day."""
        due = self.due.get(receiver.pk)
        letters = self.letters.filter(pk__in=due) if due else self.letters.filter(**{self.addressee: receiver})
        return list(letters.select_related("sender", "leader", "unit", "followup").order_by("sent_at", "pk"))

    def preview(self, wording: Wording, receiver_id: int | None) -> Preview:
        """The mail to this receiver, or to the first there is."""
        receiver = (receiver_id and self.receivers.filter(pk=receiver_id).first()) or self.receivers.first()
        if receiver is None:
            draft = samples.ordinary(self.incident, self.addressee)
        else:
            draft = draft_of(self.kind, self.incident, receiver, self.letters_of(receiver))
        is_real = receiver is not None
        return Preview(draft, wording.mail(draft, draft.is_one), is_real, draft.receiver.pk in self.due)


def values(fields: Fields, draft: Draft) -> list[tuple[Field, str]]:
    """Each field, and what it becomes in this mail."""
    return [(field, shown(field, value_of(field, draft))) for field in fields.all]


def shown(field: Field, value: Any) -> str:
    return danish.count(len(value), "linje", "linjer") if field.form in BLOCKS else value
