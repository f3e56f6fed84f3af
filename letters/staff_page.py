"""What the page of a staff file shows: its rows by what becomes of them, and who is not in it."""

from typing import Any

from django.db.models import Q, QuerySet

from letters import row_choices
from letters.row_choices import Choice
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.staff import plan
from sepo_incident.accounts.staff.plan import NOTICED, Counts
from sepo_incident.tiles import Tile

Verdict = StaffRow.Verdict


KNOWN = Choice("kendte", "Kendte", "", Q(verdict=Verdict.KNOWN), "known")
MISSING = Choice("mangler", "Står ikke i filen", "is-soon", Q(), "missing")
CHOICES = [
    Choice("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    Choice("bemaerk", "Bemærk", "is-soon", NOTICED, "noticed"),
    Choice("fratraadte", "Fratrådt", "is-soon", Q(verdict=Verdict.LEFT), "left"),
    MISSING,
    Choice("nye", "Nye", "is-ok", Q(verdict=Verdict.NEW), "new"),
    Choice("aendrede", "Ændrede", "is-info", Q(verdict=Verdict.CHANGED), "changed"),
    KNOWN,
]


def choices(staff: StaffImport) -> list[Choice]:
    """Of a file that is saved, the rows that changed nobody are gone."""
    is_waiting = staff.status == StaffImport.Status.CHECKED
    return [choice for choice in CHOICES if is_waiting or choice not in (MISSING, KNOWN)]


def chosen(slug: str, among: list[Choice], counts: Counts) -> Choice:
    """The choice of the address, or the first that has anybody."""
    filled = (choice for choice in among if getattr(counts, choice.counted))
    return row_choices.named(slug, among) or next(filled, among[-1])


def is_doubtful(counts: Counts) -> bool:
    """More than a tenth of those who are here would leave: the file may be part of one."""
    return counts.leaving * 10 > User.objects.filter(is_active=True, left_on=None).count()


def listed(staff: StaffImport, choice: Choice) -> QuerySet[Any]:
    """Rows of the file, or the people who are not in it."""
    if choice == MISSING:
        return User.objects.filter(pk__in=plan.missing(staff)).select_related("unit").order_by("name", "pk")
    return staff.rows.filter(choice.condition).select_related("unit")


def tiles(staff: StaffImport, counts: Counts) -> list[Tile]:
    """Ways to its rows; who was not in a file that is saved has none, and has left."""
    url = {choice.slug: choice.url for choice in choices(staff)}
    there = url.get(MISSING.slug, "")
    not_there = Tile.of(counts.missing, "står ikke i filen", "står ikke i filen", "is-soon", there)
    return [
        Tile.of(counts.new, "ny person", "nye personer", "is-ok", url["nye"]),
        Tile.of(counts.changed, "person er ændret", "personer er ændret", "is-info", url["aendrede"]),
        Tile.of(counts.left, "er fratrådt", "er fratrådt", "is-soon", url["fratraadte"]),
        *([not_there] if staff.is_everybody else []),
        Tile.of(counts.rejected, "række er afvist", "rækker er afvist", "is-late", url["afviste"]),
    ]
