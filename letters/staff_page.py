"""What the page of a staff file shows: its rows by what becomes of them, and who is not in it."""

from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.staff import plan
from sepo_incident.accounts.staff.plan import NOTICED, Counts
from sepo_incident.pills import Pill

Verdict = StaffRow.Verdict


class Choice(NamedTuple):
    """``slug`` is its value of ``?vis=``, ``counted`` the field of ``Counts``."""

    slug: str
    label: str
    tone: str
    counted: str
    condition: Q


MISSING = Choice("mangler", "Står ikke i filen", "is-soon", "missing", Q())
CHOICES = [
    Choice("afviste", "Afvist", "is-late", "rejected", Q(verdict=Verdict.REJECTED)),
    Choice("bemaerk", "Bemærk", "is-soon", "noticed", NOTICED),
    Choice("fratraadte", "Fratrådt", "is-soon", "left", Q(verdict=Verdict.LEFT)),
    MISSING,
    Choice("nye", "Nye", "is-ok", "new", Q(verdict=Verdict.NEW)),
    Choice("aendrede", "Ændrede", "is-info", "changed", Q(verdict=Verdict.CHANGED)),
    Choice("kendte", "Kendte", "", "known", Q(verdict=Verdict.KNOWN)),
]


def chosen(slug: str, counts: Counts) -> Choice:
    """The choice of the address, or the first that has anybody."""
    named = next((choice for choice in CHOICES if choice.slug == slug), None)
    return named or next((choice for choice in CHOICES if getattr(counts, choice.counted)), CHOICES[-1])


def is_doubtful(counts: Counts) -> bool:
    """More than a tenth of those who are here would leave: the file may be part of one."""
    return counts.leaving * 10 > User.objects.filter(is_active=True, left_on=None).count()


def pills(current: Choice, counts: Counts) -> list[Pill]:
    return [
        Pill(each.label, f"?vis={each.slug}#raekker", getattr(counts, each.counted), each.tone, each == current)
        for each in CHOICES
        if getattr(counts, each.counted) or each == current
    ]


def listed(staff: StaffImport, choice: Choice) -> QuerySet[Any]:
    """Rows of the file, or the people who are not in it."""
    if choice == MISSING:
        return User.objects.filter(pk__in=plan.missing(staff)).select_related("unit").order_by("name", "pk")
    return staff.rows.filter(choice.condition).select_related("unit")


def tiles(staff: StaffImport, counts: Counts | None) -> list[dict[str, Any]]:
    if counts is None:
        return []

    def tile(slug: str, number: int, one: str, many: str, tone: str) -> dict[str, Any]:
        is_link = number and staff.status == StaffImport.Status.CHECKED
        return {
            "number": number,
            "label": one if number == 1 else many,
            "tone": tone if number else "",
            "url": f"?vis={slug}#raekker" if is_link else "",
        }

    shown = [
        tile("nye", counts.new, "ny person", "nye personer", "is-ok"),
        tile("aendrede", counts.changed, "person er ændret", "personer er ændret", "is-info"),
        tile("fratraadte", counts.left, "er fratrådt", "er fratrådt", "is-soon"),
        tile("afviste", counts.rejected, "række er afvist", "rækker er afvist", "is-late"),
    ]
    if staff.is_everybody:
        shown.insert(3, tile("mangler", counts.missing, "står ikke i filen", "står ikke i filen", "is-soon"))
    return shown
