"""The incident of a page and its addresses; services that create, open and close an incident and move its deadline.

The addresses are `/haendelser/<slug>/…`, with the page's own address after the two segments. The pages themselves know
nothing of the prefix: `reverse` adds it while it is the script prefix of the thread, during a request under an incident
and while a mail about an incident is composed.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone
from django.utils.text import slugify

from letters.categories import category_rules
from letters.models import AdministrationPlan, DeadlineChange, DeadlineExtension, Incident, StatusChange
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database
from sepo_incident.core.database import Conflict

Status = Incident.Status
#: The state machine of an incident: {status: the statuses that may follow}.
TRANSITIONS = {Status.PREPARING: {Status.OPEN}, Status.OPEN: {Status.CLOSED}, Status.CLOSED: {Status.OPEN}}
CHANGED_MESSAGE = "En anden har ændret hændelsen imens. Se den igennem, og prøv igen."
ADDRESS_OF_ALL = "/haendelser/"
_UNDER_INCIDENT = re.compile(rf"{ADDRESS_OF_ALL}([-\w]+)(?:/|$)", re.ASCII)


def split_address(path: str) -> tuple[str, str]:
    """Return the slug of the incident and the address of the page: («sepo», «/brev/7/»), otherwise («», `path`)."""
    found = _UNDER_INCIDENT.match(path)
    return (found[1], f"/{path[found.end() :]}") if found else ("", path)


def address_under(incident: Incident, page: str = "/") -> str:
    """Return the address of a page under the incident. `page` begins with a slash: «/brev/7/?fra=…»."""
    return f"{ADDRESS_OF_ALL}{incident.slug}{page}"


@contextmanager
def addresses_under(incident: Incident | None) -> Iterator[None]:
    """Let `reverse` return addresses under the incident, or with None addresses without an incident."""
    before = get_script_prefix()
    set_script_prefix(address_under(incident) if incident else "/")
    try:
        yield
    finally:
        set_script_prefix(before)


def incident_of(request: HttpRequest) -> Incident | None:
    """Return the incident that the page is about, or None if there is none or the address does not say which.

    The address names the incident. An address without an incident means the only
    incident that is not closed. At most one query for each request.
    """
    if not hasattr(request, "incident"):
        request.incident = Incident.objects.only_open()  # type: ignore[attr-defined]
    found: Incident | None = request.incident  # type: ignore[attr-defined]
    return found


def incident_in_address(request: HttpRequest) -> Incident | None:
    """Return the incident that the address names. None for a page across incidents, such as a desk's queue."""
    return getattr(request, "incident_in_address", None)


def incident_or_404(request: HttpRequest) -> Incident:
    """Return the incident that the page is about, or raise Http404."""
    incident = incident_of(request)
    if incident is None:
        raise Http404
    return incident


@transaction.atomic
def create_incident(incident: Incident, by: User | None) -> Incident:
    """Save a new incident with a copy of the default category rules.

    Without a slug, the slug is made from title and year: «sikker-post-2019». If an incident with the same title and
    days is not closed, return that incident and create none: the button was pressed twice. Without `by` the command
    creates the incident.
    """
    database.execute(f"LOCK TABLE {Incident._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")  # there is no row to lock
    same = {"title": incident.title, "first_day": incident.first_day, "last_day": incident.last_day}
    twin = Incident.objects.not_closed().filter(**same).first()
    if twin and not incident.slug:
        return twin
    incident.slug = incident.slug or free_slug(incident)
    set_actor(by.pk if by else None)
    incident.save()
    category_rules.create_default_rules(incident)
    return incident


def free_slug(incident: Incident) -> str:
    """Return a slug from the incident's title and year that no incident has."""
    stem = f"{slugify(incident.title)[:50]}-{incident.first_day.year}".lstrip("-")
    taken = set(Incident.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


@transaction.atomic
def set_status(
    incident: Incident, new: Status, by: User | None = None, reason: str = "", still_open: Sequence[str] = ()
) -> StatusChange:
    """Move the incident to another status, and keep the reason and what was still open in the history.

    Raise Conflict if `TRANSITIONS` does not allow the move, because somebody else was first. The constraints of
    `StatusChange` refuse a closing with something open, and a reopening, without a reason.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    old = Status(incident.status)
    if new not in TRANSITIONS[old]:
        raise Conflict(CHANGED_MESSAGE, incident)
    change = StatusChange(incident=incident, old=old, new=new, reason=reason, still_open=list(still_open), by=by)
    change.validate_constraints()
    change.save()
    set_actor(by.pk if by else None)
    incident.status = new
    incident.save(update_fields=["status"])
    return change


@transaction.atomic
def move_deadline(incident: Incident, new: date, reason: str, by: User) -> DeadlineChange | None:
    """Move the deadline, and keep the old deadline and the reason in the history. The form has validated `new`.

    A plan's internal deadline is never later, so later ones move along. Return None if the deadline is `new` already,
    because somebody else moved the deadline in the meantime. Raise IncidentClosed.
    """
    incident = Incident.objects.lock_open(incident.pk)
    if incident.deadline == new:
        return None
    change = DeadlineChange.objects.create(incident=incident, old=incident.deadline, new=new, reason=reason, by=by)
    set_actor(by.pk)
    incident.deadline = new
    incident.save(update_fields=["deadline"])
    later = AdministrationPlan.objects.filter(incident=incident, deadline__gt=new)
    later.update(deadline=new, version=F("version") + 1, changed_by=by, changed_at=timezone.now())
    return change


@transaction.atomic
def show_public_figures(incident: Incident, is_on: bool, by: User) -> bool:
    """Show or hide the incident's numbers on the front page. Return False if nothing changes.

    Raise IncidentClosed.
    """
    incident = Incident.objects.lock_open(incident.pk)
    if incident.shows_public_figures == is_on:
        return False
    set_actor(by.pk)
    incident.shows_public_figures = is_on
    incident.save(update_fields=["shows_public_figures"])
    return True


def add_incident_option(parser: CommandParser) -> None:
    parser.add_argument("--incident", required=True, metavar="KORTNAVN", help="hændelsens kortnavn, fx sepo")


def incident_named(slug: str) -> Incident:
    """Return the incident with the slug. Raise CommandError with the known slugs if there is none."""
    incident = Incident.objects.filter(slug=slug).first()
    if incident is None:
        known = ", ".join(Incident.objects.order_by("slug").values_list("slug", flat=True))
        hint = f"Disse findes: {known}." if known else "Opret den med manage.py create_incident."
        raise CommandError(f"Ingen hændelse har kortnavnet »{slug}«. {hint}")
    return incident


@transaction.atomic
def extend_deadline(extension: DeadlineExtension) -> DeadlineExtension:
    """Save the extension, which the form has validated; a second press saves nothing. Raise IncidentClosed."""
    Incident.objects.lock_open(extension.incident_id)
    about = {"incident": extension.incident, "unit": extension.unit, "letter": extension.letter}
    newest = DeadlineExtension.objects.filter(**about).order_by("-pk").first()
    if newest and (newest.deadline, newest.reason, newest.by) == (extension.deadline, extension.reason, extension.by):
        return newest
    extension.validate_constraints()
    extension.save()
    return extension
