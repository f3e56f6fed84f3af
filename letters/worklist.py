"""*Mangler ansvarlig*: the people and units that must be found, each with the letters that wait for it."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import BooleanField, Count, Expression, ExpressionWrapper, F, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from letters.models import Incident, Letter
from letters.models.lacking import lacking
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.pills import Pill
from sepo_incident.whole import whole

#: value of ``?mangler=`` → whose name tells one group from another. A letter's unit is where its sender works, so the
#: letters of different senders wait for different units.
NAMED_BY = {"afsender": "sender", "leder": "leader", "enhed": "sender"}
MOST_SENDERS = 8
#: who may find somebody, for the units at or below theirs
FINDERS = (Membership.Role.KIT_ADMIN, Membership.Role.COORDINATOR)


def seen_by(user: User, incident: Incident | None) -> LetterQuerySet:
    """The letters that this user may find somebody for, now or once they lack it."""
    units = Unit.objects.at_or_below(user.unit_ids_as(*FINDERS))
    return Letter.objects.visible_to(user).standing().filter(incident=incident, unit__in=units)


class Missing(NamedTuple):
    """What must be found ("afsender", "leder", "enhed"), the name that is known, the unit and what lies above it."""

    what: str
    name: str
    unit: str
    above: str
    has_left: bool = False
    #: why no mail reaches them, if none does
    unreachable: str = ""

    @property
    def is_gone(self) -> bool:
        """Known, and cannot be asked."""
        return self.has_left or bool(self.unreachable)

    @property
    def title(self) -> str:
        """«Mads Holm, leder i Svalevejens Skole», «Ukendt leder i …», «Mads Holm er fratrådt, leder i …»."""
        if self.what == "enhed":
            return f"Enhed til breve fra {self.name or 'en ukendt afsender'}"
        who = f"{self.name}, {self.what}" if self.name else f"Ukendt {self.what}"
        if self.is_gone:
            who = f"{self.name} {'er fratrådt' if self.has_left else 'kan ikke få mail'}, {self.what}"
        return f"{who} i {self.unit}" if self.unit else who

    @property
    def why(self) -> str:
        if self.has_left:
            return "er fratrådt"
        if self.unreachable:
            return f"kan ikke få mail: {self.unreachable}"
        return "står uden e-mail på listen" if self.name and self.what != "enhed" else "står ikke på listen"

    @property
    def under(self) -> str:
        """What it belongs to; of a unit that is not known, that is what the letters are under for now."""
        return self.unit if self.what == "enhed" else self.above


class Group(NamedTuple):
    """How many letters wait for somebody; the one with the id ``like`` stands for all of them, in addresses too."""

    missing: Missing
    letters: int
    like: int


def groups(letters: LetterQuerySet, lacks: str) -> QuerySet[Any, Any]:
    """Rows for ``as_group``; what most letters wait for first. A letter that lacks two things is in two of them."""
    chosen = [lacks] if lacks in NAMED_BY else list(NAMED_BY)
    first, *others = (_grouped(letters, what) for what in chosen)
    return first.union(*others, all=True).order_by("-letters", "sort_key", "name", "what")


def _grouped(letters: LetterQuerySet, what: str) -> QuerySet[Any, Any]:
    person = NAMED_BY[what]
    place = {"place": F("unit__name"), "above": F("unit__parent__name"), "sort_key": F("unit__sort_key")}
    name = Coalesce(F(f"{person}__name"), F(f"{person}_name"))
    by_name = letters.filter(lacking()[what]).values("unit", person, what=Value(what), name=name, **place)
    return by_name.annotate(**_gone(what), letters=Count("pk"), like=Min("pk"))


def _gone(what: str) -> dict[str, Expression]:
    """``{has_left, unreachable}`` of somebody who is known and must be found all the same."""
    if what == "enhed":  # the sender is only where its unit is known from
        return {"has_left": Value(False), "unreachable": Value("")}
    has_left = Q(**{f"{NAMED_BY[what]}__left_on__isnull": False})
    return {
        "has_left": ExpressionWrapper(has_left, output_field=BooleanField()),
        "unreachable": Coalesce(F(f"{NAMED_BY[what]}__unreachable_why"), Value("")),
    }


def as_group(row: dict[str, Any]) -> Group:
    gone = row["has_left"], row["unreachable"]
    missing = Missing(row["what"], row["name"], row["place"] or "", row["above"] or "", *gone)
    return Group(missing, row["letters"], row["like"])


def missing_of(letter: Letter, what: str) -> Missing:
    unit, person = letter.unit, getattr(letter, NAMED_BY[what])
    name = person.name if person else getattr(letter, f"{NAMED_BY[what]}_name")
    above = unit.parent.name if unit and unit.parent else ""
    gone = (person.left_on is not None, person.unreachable_why) if person and what != "enhed" else ()
    return Missing(what, name, unit.name if unit else "", above, *gone)


def waiting_like(letter: Letter, what: str, letters: LetterQuerySet) -> LetterQuerySet:
    """Those that wait for the same as this one does."""
    person = NAMED_BY[what]
    known = getattr(letter, f"{person}_id")
    same = {person: known} if known else {person: None, f"{person}_name": getattr(letter, f"{person}_name")}
    return letters.filter(lacking()[what], unit=letter.unit_id, **same).order_by("sent_at", "pk")


def of_sender_like(pk: str, letters: LetterQuerySet) -> LetterQuerySet:
    """Those of ``letters`` whose sender is that of the one with this id; without an id, all of them."""
    one = letters.filter(pk=whole(pk) or 0).first()
    if one is None:
        return letters
    same = {"sender": one.sender_id} if one.sender_id else {"sender": None, "sender_name": one.sender_name}
    return letters.filter(**same)


def sender_pills(letters: LetterQuerySet, address: QueryDict) -> list[Pill]:
    """All of them, and those of each sender who has most; none where there is but one sender."""
    name = Coalesce(F("sender__name"), F("sender_name"))
    counted = letters.order_by().values("sender", name=name).annotate(letters=Count("pk"), like=Min("pk"))
    senders = list(counted.order_by("-letters", "name")[:MOST_SENDERS])
    chosen, kept = address.get("fra", ""), {"valg": address["valg"]} if "valg" in address else {}
    one_by_one = [
        Pill(
            row["name"] or "Ukendt afsender",
            f"?{urlencode(kept | {'fra': row['like']})}",
            row["letters"],
            "",
            chosen == str(row["like"]),
        )
        for row in senders
    ]
    return (
        [Pill("Alle", f"?{urlencode(kept)}", letters.count(), "", not chosen), *one_by_one] if len(senders) > 1 else []
    )


def pills(letters: LetterQuerySet, chosen: str) -> list[Pill]:
    """How many lack what, in one query; the first is all of them."""
    counts = letters.aggregate(alle=Count("pk"), **{what: Count("pk", where) for what, where in lacking().items()})
    chosen = chosen if chosen in NAMED_BY else ""
    names = {"": "Alle", **{what: f"Mangler {what}" for what in NAMED_BY}}
    return [
        Pill(label, f"?mangler={what}" if what else "?", counts[what or "alle"], is_current=what == chosen)
        for what, label in names.items()
        if what in ("", chosen) or counts[what]
    ]
