"""A text as it becomes for somebody: whoever such a mail may go to, or sample letters while there are none."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from letters.models import Incident, Letter
from notifications.composing import draft_of
from notifications.drafting import Draft
from notifications.editing import samples
from notifications.kinds import KINDS, Kind, owed
from notifications.texts.fields import BLOCKS, Field, Fields
from notifications.texts.wording import Mail, Wording, value_of
from sepo_incident import danish
from sepo_incident.accounts.models import User

#: how many people the search shows
SHOWN = 8


class Preview(NamedTuple):
    """``is_real`` is false for sample letters."""

    draft: Draft
    mail: Mail
    is_real: bool


def preview(kind: str, incident: Incident, wording: Wording, reader: User, receiver_id: int | None) -> Preview:
    """The mail to this receiver, or to the first there is, about the letters that the reader may see."""
    people = receivers(kind, reader, incident)
    receiver = (receiver_id and people.filter(pk=receiver_id).first()) or people.first()
    draft = draft_of(kind, incident, receiver, letters_of(kind, reader, incident, receiver)) if receiver else None
    shown = draft or samples.ordinary(incident, KINDS[Kind(kind)].addressee)
    return Preview(shown, wording.mail(shown, shown.is_one), is_real=draft is not None)


def receivers(kind: str, reader: User, incident: Incident) -> QuerySet[User]:
    """Everybody who is owed such a mail now, or has letters that one may be about, in alphabetical order."""
    seen = letters_seen(reader, incident)
    owed_now = owed(kind, incident).filter(letter__in=seen).values("receiver")
    some_day = seen.exclude(**{KINDS[Kind(kind)].addressee: None}).values(KINDS[Kind(kind)].addressee)
    return User.objects.filter(Q(pk__in=owed_now) | Q(pk__in=some_day)).order_by("name", "pk")


def receivers_called(kind: str, words: str, reader: User, incident: Incident) -> list[User]:
    found = receivers(kind, reader, incident).filter(name__icontains=" ".join(words.split())).select_related("unit")
    return list(found[:SHOWN])


def letters_seen(reader: User, incident: Incident) -> QuerySet[Letter]:
    return Letter.objects.visible_to(reader).filter(incident=incident).standing()


def letters_of(kind: str, reader: User, incident: Incident, receiver: User) -> list[Letter]:
    """Those that the mail would be about now; while it would be about none, all that it may be about some day."""
    seen = letters_seen(reader, incident).select_related("sender", "leader", "unit", "followup")
    due = owed(kind, incident).filter(receiver=receiver.pk).values("letter")
    letters = seen.filter(pk__in=due) or seen.filter(**{KINDS[Kind(kind)].addressee: receiver})
    return sorted(letters, key=lambda letter: (letter.sent_at, letter.pk))


def values(fields: Fields, draft: Draft) -> list[tuple[Field, str]]:
    """Each field, and what it becomes in this mail."""
    return [(field, shown(field, value_of(field, draft))) for field in fields.all]


def shown(field: Field, value: Any) -> str:
    return danish.count(len(value), "linje", "linjer") if field.form in BLOCKS else value
