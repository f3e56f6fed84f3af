"""Rows of the letters that an alarm lists: what a dispatch says becomes cells, which are parsed as those of a file.

What neither the dispatch nor the municipality's registers know stays empty, as in a list that lacks the column.
"""

from collections.abc import Iterator, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Lower

from letters.importing.files.cell_cleaning import extract_email
from letters.importing.rows.cell_rules import MAX_LENGTHS
from letters.importing.rows.row_parser import ParsedRow, RowParser
from letters.models import Letter, LetterDispatch, SilenceAlarm
from letters.models.letter import UNAVAILABLE
from letters.models.tracking import MISSING
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.unit_names import UnitTree
from sepo_incident.core import danish

#: {kind of unit: the field of its name}
FIELD_OF_KIND = {
    Unit.Kind.ADMINISTRATION: "administration",
    Unit.Kind.AREA: "area",
    Unit.Kind.UNIT: "unit_name",
    Unit.Kind.SUBUNIT: "subunit",
}
#: The fields of the cells, in order.
FIELDS = (
    *("source_ref", "sent_at", "sender_name", "sender_email", "leader_name", "leader_email"),
    *FIELD_OF_KIND.values(),
    "subject",
)


def letters_to_add(alarm: SilenceAlarm) -> QuerySet[LetterDispatch]:
    """Return the listed letters that have not arrived and that the alarm's incident has no active letter of.

    The id of the source is the Brev-id, so that another list of the same letters knows them.
    """
    added = Letter.objects.active().filter(incident=alarm.incident_id, source_ref=OuterRef("source_id"))
    letters = alarm.dispatches.annotate(known_from=Coalesce("sent_at", "approved_at"))
    return letters.filter(~Exists(added), MISSING).order_by("known_from", "pk")


def parse_dispatches(parser: RowParser, dispatches: Sequence[LetterDispatch]) -> Iterator[ParsedRow]:
    """Yield the parsed rows. `parser`: with the columns `FIELDS`."""
    registers = _Registers([email for one in dispatches if (email := _email_of(one))])
    for number, dispatch in enumerate(dispatches, start=1):
        cells = registers.cells_of(dispatch)
        row = parser.row(number, [cells.get(field, "") for field in FIELDS])
        row.recipient_key = dispatch.recipient_key
        if row.as_written and row.sent_at:
            row.as_written["sent_at"] = f"{danish.local_time(row.sent_at):%d-%m-%Y %H:%M}"
        if len(dispatch.source_id) <= MAX_LENGTHS["source_ref"]:
            row.source_ref = dispatch.source_id
        yield row


def _email_of(dispatch: LetterDispatch) -> str:
    return extract_email(dispatch.sender) if "@" in dispatch.sender else ""


class _Registers:
    """The municipality's people, units and leaders."""

    def __init__(self, emails: Sequence[str]) -> None:
        people = User.objects.annotate(address=Lower("email")).filter(address__in=set(emails))
        self._people = {user.email.lower(): user for user in people}
        self._tree = UnitTree()
        self._leaders: dict[int, list[User]] = {}
        # Not a role that a person gave: whoever gives the roles would choose who reads the personnel cases.
        registered = Q(made_by_staff_file=True) | Q(made_by_provider=True)
        held = Membership.objects.filter(registered, role=Membership.Role.LEADER).select_related("user")
        here = User.objects.filter(is_active=True).exclude(UNAVAILABLE)
        for role in held.filter(user__in=here):
            self._leaders.setdefault(role.unit_id, []).append(role.user)

    def cells_of(self, dispatch: LetterDispatch) -> dict[str, str]:
        """Return {field: cell}. A unit that no unit of the tree is called is a new name on the list."""
        email = _email_of(dispatch)
        person = self._people.get(email)
        cells = {
            "source_ref": dispatch.source_id,
            "sent_at": str(dispatch.sent_at or dispatch.approved_at),
            "sender_email": email,
            "sender_name": person.name if person else "" if email else dispatch.sender,
            "subject": dispatch.subject,
        }
        unit = self._find_unit(dispatch.unit) or (person and person.unit_id)
        if not unit:
            return cells | {"unit_name": dispatch.unit}
        lineage = [self._tree.nodes[pk] for pk in self._tree.nodes[unit].lineage[1:]]
        cells |= {FIELD_OF_KIND[Unit.Kind(node.kind)]: node.name for node in lineage}
        leaders = self._leaders.get(unit, [])
        return cells | ({"leader_name": leaders[0].name, "leader_email": leaders[0].email} if len(leaders) == 1 else {})

    def _find_unit(self, name: str) -> int | None:
        """Return the unit with the code, the only one with the name, or the one below it: «Svalevejens Skole, SFO»."""
        if by_code := self._tree.find_by_code(name):
            return by_code
        found = self._tree.find_anywhere(name) if name else []
        if len(found) == 1:
            return found[0]
        above, _, last = name.rpartition(", ")
        unit = self._find_unit(above) if above else None
        return self._tree.find_child(unit, last) if unit else None
