"""Read model of the page of a staff file: the rows by result, and the people missing from the file."""

from typing import Any

from django.db.models import Q, QuerySet

from letters.import_pages import row_filters
from letters.import_pages.row_filters import RowFilter
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.staff_import import plan
from sepo_incident.accounts.staff_import.plan import HAS_REMARKS, VerdictCounts
from sepo_incident.core.components import Tile

Verdict = StaffRow.Verdict


KNOWN = RowFilter("kendte", "Kendte", "", Q(verdict=Verdict.KNOWN), "known")
MISSING = RowFilter("mangler", "Står ikke i filen", "is-soon", Q(), "missing")
CHOICES = [
    RowFilter("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    RowFilter("bemaerk", "Bemærk", "is-soon", HAS_REMARKS, "noticed"),
    RowFilter("fratraadte", "Fratrådt", "is-soon", Q(verdict=Verdict.LEFT), "left"),
    MISSING,
    RowFilter("nye", "Nye", "is-ok", Q(verdict=Verdict.NEW), "new"),
    RowFilter("aendrede", "Ændrede", "is-info", Q(verdict=Verdict.CHANGED), "changed"),
    KNOWN,
]


def available_choices(staff: StaffImport) -> list[RowFilter]:
    """Return the filters of the page. A saved file no longer has the rows that changed nobody."""
    is_waiting = staff.status == StaffImport.Status.CHECKED
    return [choice for choice in CHOICES if is_waiting or choice not in (MISSING, KNOWN)]


def find_choice(slug: str, among: list[RowFilter], counts: VerdictCounts) -> RowFilter:
    """Return the filter that the URL names, or the first filter with rows."""
    filled = (choice for choice in among if getattr(counts, choice.counted))
    return row_filters.filter_from_slug(slug, among) or next(filled, among[-1])


def is_suspiciously_many_leaving(counts: VerdictCounts) -> bool:
    """Tell whether more than a tenth of the present people would leave: the file may be incomplete."""
    return counts.leaving * 10 > User.objects.filter(is_active=True, left_on=None).count()


def rows_for_choice(staff: StaffImport, choice: RowFilter) -> QuerySet[Any]:
    """Return the rows of the file, or for MISSING the people missing from the file."""
    if choice == MISSING:
        return (
            User.objects.filter(pk__in=plan.list_missing_user_ids(staff)).select_related("unit").order_by("name", "pk")
        )
    return staff.rows.filter(choice.condition).select_related("unit")


def build_staff_tiles(staff: StaffImport, counts: VerdictCounts) -> list[Tile]:
    """Return tiles that link to the rows.

    The people missing from a saved file have left, and the tile has no link.
    """
    url = {choice.slug: choice.url for choice in available_choices(staff)}
    there = url.get(MISSING.slug, "")
    not_there = Tile.from_count(counts.missing, "står ikke i filen", "står ikke i filen", "is-soon", there)
    return [
        Tile.from_count(counts.new, "ny person", "nye personer", "is-ok", url["nye"]),
        Tile.from_count(counts.changed, "person er ændret", "personer er ændret", "is-info", url["aendrede"]),
        Tile.from_count(counts.left, "er fratrådt", "er fratrådt", "is-soon", url["fratraadte"]),
        *([not_there] if staff.is_everybody else []),
        Tile.from_count(counts.rejected, "række er afvist", "rækker er afvist", "is-late", url["afviste"]),
    ]
