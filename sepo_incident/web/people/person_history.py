"""The history of a person: corrected addresses, roles given and removed, absences and impersonations."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from sepo_incident.accounts.models import Absence, EmailChange, Impersonation, Membership, Unit, User
from sepo_incident.audit.models import RowChange

EVENTS_SHOWN = 20
#: Source of a role -> what gave or took the role when nobody did.
SOURCES = {
    "made_by_import": "en liste over breve",
    "made_by_staff_file": "en personalefil",
    "made_by_provider": "en gruppe i kommunens login",
    "made_by_hand": "en kommando",
}


class Event(NamedTuple):
    """Something that happened to the person. `by`: a name, or a source such as «en personalefil», or ""."""

    at: datetime
    text: str
    by: str = ""


def list_events(person: User) -> list[Event]:
    """Return the newest events about the person, the newest first. Six queries at most."""
    events = [
        *_account_events(person),
        *_address_events(person),
        *_absence_events(person),
        *_impersonation_events(person),
        *_role_events(person),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS_SHOWN]


def _account_events(person: User) -> Iterator[Event]:
    yield Event(person.created_at, "Oprettet her på siden.")
    if person.claimed_at:
        yield Event(person.claimed_at, "Loggede ind første gang.")
    if person.unreachable_since:
        yield Event(person.unreachable_since, f"Mails når ikke frem: {person.unreachable_why}")


def _address_events(person: User) -> Iterator[Event]:
    for one in EmailChange.objects.filter(user=person).select_related("by"):
        yield Event(one.at, f"E-mailen er rettet fra {one.old} til {one.new}.", one.by.name)


def _absence_events(person: User) -> Iterator[Event]:
    rows = Absence.objects.filter(person=person).select_related("substitute", "registered_by", "taken_back_by")
    for one in rows:
        text = f"Fravær {one.days}. {one.substitute.name} er stedfortræder."
        yield Event(one.registered_at, text, one.registered_by.name)
        if one.taken_back_at and one.taken_back_by:
            yield Event(one.taken_back_at, f"Fraværet {one.days} er annulleret.", one.taken_back_by.name)


def _impersonation_events(person: User) -> Iterator[Event]:
    for one in Impersonation.objects.filter(person=person).select_related("viewer"):
        yield Event(one.at, f"{one.get_role_display()} så siden, som {person.first_name} ser den.", one.viewer.name)


def _role_events(person: User) -> Iterator[Event]:
    """Yield the roles given and removed, from the change log."""
    table = Membership._meta.db_table
    held = Q(after__user_id=person.pk) | Q(before__user_id=person.pk)
    changes = list(RowChange.objects.filter(held, table_name=table).order_by("-pk")[:EVENTS_SHOWN])
    rows = [(one, one.after or one.before) for one in changes]
    units = Unit.objects.in_bulk({row["unit_id"] for _, row in rows if "unit_id" in row})
    names = dict(User.objects.filter(pk__in={one.by_id for one, _ in rows if one.by_id}).values_list("pk", "name"))
    for change, row in rows:
        if "role" not in row:
            continue  # erased
        role, unit = Membership.Role(row["role"]).label, units.get(row["unit_id"])
        where = f" i {unit.name}" if unit else ""
        text = f"Fik rollen {role}{where}." if change.after else f"Har ikke længere rollen {role}{where}."
        source = next((words for name, words in SOURCES.items() if row.get(name)), "")
        yield Event(change.at, text, names.get(change.by_id or 0, source))
