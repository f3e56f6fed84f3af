"""*Mangler ansvarlig*: the people who must be found, each with the letters that wait for them."""

from typing import Any, NamedTuple

from django.db.models import Count, F, Min, Q, QuerySet, Value

from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.pills import Pill

#: value of ``?mangler=`` → which letters lack it (a row without a unit is rejected, so no letter lacks one)
LACKING = {"afsender": Q(sender=None), "leder": Q(leader=None)}
#: the list may have a name where it has no e-mail
NAME_OF = {"afsender": "sender_name", "leder": "leader_name"}


def letters_for(user: User, incident: Incident | None, letters: LetterQuerySet) -> LetterQuerySet:
    return letters.visible_to(user).filter(incident=incident).without_owner()


class Missing(NamedTuple):
    """Somebody to find: "leder" or "afsender", the name if the list has one, the unit and what lies above it."""

    what: str
    name: str
    unit: str
    above: str

    @property
    def title(self) -> str:
        """«Mads Holm, leder i Svalevejens Skole» or «Ukendt leder i Svalevejens Skole»."""
        who = f"{self.name}, {self.what}" if self.name else f"Ukendt {self.what}"
        return f"{who} i {self.unit}" if self.unit else who

    @property
    def why(self) -> str:
        return "står uden e-mail på listen" if self.name else "står ikke på listen"


class Group(NamedTuple):
    """How many letters wait for somebody; the one with the id ``like`` stands for all of them, in addresses too."""

    missing: Missing
    letters: int
    like: int


def groups(letters: LetterQuerySet, lacks: str) -> QuerySet[Any, Any]:
    """Rows for ``as_group``; whom most letters wait for first. A letter that lacks both is in two of them."""
    chosen = [lacks] if lacks in LACKING else list(LACKING)
    first, *others = (_grouped(letters, what) for what in chosen)
    return first.union(*others, all=True).order_by("-letters", "sort_key", "name", "what")


def _grouped(letters: LetterQuerySet, what: str) -> QuerySet[Any, Any]:
    place = {"place": F("unit__name"), "above": F("unit__parent__name"), "sort_key": F("unit__sort_key")}
    named = letters.filter(LACKING[what]).values("unit", what=Value(what), name=F(NAME_OF[what]), **place)
    return named.annotate(letters=Count("pk"), like=Min("pk"))


def as_group(row: dict[str, Any]) -> Group:
    return Group(Missing(row["what"], row["name"], row["place"] or "", row["above"] or ""), row["letters"], row["like"])


def missing_of(letter: Letter, what: str) -> Missing:
    unit = letter.unit
    above = unit.parent.name if unit and unit.parent else ""
    return Missing(what, getattr(letter, NAME_OF[what]), unit.name if unit else "", above)


def waiting_like(letter: Letter, what: str, letters: LetterQuerySet) -> LetterQuerySet:
    """Those that wait for the same person as this one; where a later issue assigns somebody, it is to these."""
    same = {"unit": letter.unit, NAME_OF[what]: getattr(letter, NAME_OF[what])}
    return letters.filter(LACKING[what], **same).order_by("sent_at", "pk")


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
