"""*Mangler ansvarlig*: the missing people and units, with the letters that wait for an owner."""

from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, Expression, ExpressionWrapper, F, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from letters.models import Incident, Letter
from letters.models.letter import OWNER_IS_MISSING, LetterQuerySet
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import Column

#: Value of `?mangler=` → the person field that separates the groups. A letter's unit is the unit where the sender
#: works, so letters of different senders wait for different units.
PERSON_FIELD_OF = {"afsender": "sender", "leder": "leader", "enhed": "sender"}
#: The roles that may assign owners, for units at or below the role's unit.
FINDER_ROLES = (Membership.Role.KIT_ADMIN, Membership.Role.COORDINATOR)


def assignable_letters(user: User, incident: Incident | None) -> LetterQuerySet:
    """Return the letters whose owners the user may assign, whether or not an owner is missing now."""
    units = Unit.objects.at_or_below(user.unit_ids_with_role(*FINDER_ROLES))
    return Letter.objects.visible_to(user).active().filter(incident=incident, unit__in=units)


class MissingOwner(NamedTuple):
    """An owner to find.

    `what`: "afsender", "leder" or "enhed". `name`: the known name. `unit`: the unit of the letters. `above`: the unit
    above.
    """

    what: str
    name: str
    unit: str
    above: str
    has_left: bool = False
    #: The reason why mail does not reach the person, if so.
    unreachable: str = ""

    @property
    def is_unavailable(self) -> bool:
        """Tell whether the person is known but cannot be asked."""
        return self.has_left or bool(self.unreachable)

    @property
    def title(self) -> str:
        """Return the Danish title of the group.

        For example «Mads Holm, leder i Svalevejens Skole», «Ukendt leder i …» or «Mads Holm er fratrådt, leder i …».
        """
        if self.what == "enhed":
            return f"Enhed til breve fra {self.name or 'en ukendt afsender'}"
        who = f"{self.name}, {self.what}" if self.name else f"Ukendt {self.what}"
        if self.is_unavailable:
            who = f"{self.name} {'er fratrådt' if self.has_left else 'kan ikke få mail'}, {self.what}"
        return f"{who} i {self.unit}" if self.unit else who

    @property
    def why(self) -> str:
        if self.has_left:
            return "er fratrådt"
        if self.unreachable:
            return f"kan ikke få mail: {self.unreachable}"
        return "har ingen e-mail på listen" if self.name and self.what != "enhed" else "er ikke på listen"

    @property
    def under(self) -> str:
        """Return the unit above. For a missing unit: the present unit of the letters."""
        return self.unit if self.what == "enhed" else self.above


class UnassignedGroup(NamedTuple):
    """The letters that wait for the same owner.

    `letters`: the number. `like`: id of a letter that stands for the group, also in URLs.
    """

    missing: MissingOwner
    letters: int
    like: int


UNASSIGNED_EXPORT: TableExport[UnassignedGroup] = TableExport(
    "mangler-ansvarlig",
    "Mangler ansvarlig",
    [
        TableColumn("Mangler", lambda group: group.missing.title, 60),
        TableColumn("Breve", lambda group: group.letters, 10),
        TableColumn("Hvorfor", lambda group: danish.capitalized(group.missing.why), 40),
        TableColumn("Hører under", lambda group: group.missing.under, 40),
    ],
)
#: The columns of the groups.
GROUP_COLUMNS = {"name": Column("name"), "letters": Column("letters", descending_first=True)}


def group_by_missing_owner(letters: LetterQuerySet, what: str) -> QuerySet[Any, Any]:
    person = PERSON_FIELD_OF[what]
    place = {"place": F("unit__name"), "above": F("unit__parent__name"), "sort_key": F("unit__sort_key")}
    name = Coalesce(F(f"{person}__name"), F(f"{person}_name"))
    by_name = letters.filter(OWNER_IS_MISSING[what]).values("unit", person, what=Value(what), name=name, **place)
    return by_name.annotate(**_unavailable_columns(what), letters=Count("pk"), like=Min("pk"))


def _unavailable_columns(what: str) -> dict[str, Expression]:
    """Return {has_left, unreachable}: why a known person must be replaced."""
    if what == "enhed":  # the sender only tells the unit
        return {"has_left": Value(False), "unreachable": Value("")}
    has_left = Q(**{f"{PERSON_FIELD_OF[what]}__left_on__isnull": False})
    return {
        "has_left": ExpressionWrapper(has_left, output_field=BooleanField()),
        "unreachable": Coalesce(F(f"{PERSON_FIELD_OF[what]}__unreachable_why"), Value("")),
    }


def to_group(row: dict[str, Any]) -> UnassignedGroup:
    gone = row["has_left"], row["unreachable"]
    missing = MissingOwner(row["what"], row["name"], row["place"] or "", row["above"] or "", *gone)
    return UnassignedGroup(missing, row["letters"], row["like"])


def missing_owner_of(letter: Letter, what: str) -> MissingOwner:
    unit, person = letter.unit, getattr(letter, PERSON_FIELD_OF[what])
    name = person.name if person else getattr(letter, f"{PERSON_FIELD_OF[what]}_name")
    above = unit.parent.name if unit and unit.parent else ""
    gone = (person.left_on is not None, person.unreachable_why) if person and what != "enhed" else ()
    return MissingOwner(what, name, unit.name if unit else "", above, *gone)


def build_missing_owner_pills(letters: LetterQuerySet, chosen: str) -> list[Pill]:
    """Return pills with the number of letters per missing owner, the first for all letters. One query."""
    counts = letters.aggregate(
        alle=Count("pk"), **{what: Count("pk", where) for what, where in OWNER_IS_MISSING.items()}
    )
    chosen = chosen if chosen in PERSON_FIELD_OF else ""
    names = {"": "Alle", **{what: f"Mangler {what}" for what in PERSON_FIELD_OF}}
    return [
        Pill(label, f"?mangler={what}" if what else "?", counts[what or "alle"], is_current=what == chosen)
        for what, label in names.items()
        if what in ("", chosen) or counts[what]
    ]
