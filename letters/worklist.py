"""*Mangler ansvarlig*: letters that somebody must be found for, and what each of them lacks."""

from django.db.models import Count, Q

from letters.models import Incident
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.pills import Pill

#: value of ``?mangler=`` → which letters lack it (a row without a unit is rejected, so no letter lacks one)
LACKING = {"afsender": Q(sender=None), "leder": Q(leader=None)}


def letters_for(user: User, incident: Incident | None, letters: LetterQuerySet) -> LetterQuerySet:
    return letters.visible_to(user).filter(incident=incident).without_owner()


def lacking(letters: LetterQuerySet, what: str) -> LetterQuerySet:
    """Those that lack it; an unknown word keeps all."""
    return letters.filter(LACKING.get(what, Q())).order_by("sent_at", "pk")


def pills(letters: LetterQuerySet, chosen: str) -> list[Pill]:
    """How many lack what, in one query; the first is all of them."""
    counts = letters.aggregate(alle=Count("pk"), **{what: Count("pk", where) for what, where in LACKING.items()})
    chosen = chosen if chosen in LACKING else ""
    names = {"": "Alle", **{what: f"Mangler {what}" for what in LACKING}}
    return [
        Pill(label, f"?mangler={what}" if what else "?", counts[what or "alle"], is_current=what == chosen)
        for what, label in names.items()
        if what in ("", chosen) or counts[what]
    ]
