"""Services that create an incident and move the deadline, and the option `--incident` of commands."""

from __future__ import annotations

from datetime import date

from django.core.management.base import CommandError, CommandParser
from django.db import connection, transaction
from django.http import Http404
from django.utils.text import slugify

from letters.categories import category_rules
from letters.models import DeadlineChange, Incident
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor


def current_incident_or_404() -> Incident:
    """Return the current incident, or raise Http404."""
    current = Incident.objects.current()
    if current is None:
        raise Http404
    return current


@transaction.atomic
def create_incident(incident: Incident, by: User) -> Incident:
    """Save a new incident with a copy of the default category rules.

    The slug is made from title and year: «sikker-post-2019». Only a single incident is open at a time: if an incident
    is not closed, return that incident and create none.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Incident._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")  # there is no row to lock
    current = Incident.objects.current()
    if current:
        return current
    stem = f"{slugify(incident.title)[:50]}-{incident.first_day.year}".lstrip("-")
    taken = set(Incident.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    incident.slug = next(name for name in names if name not in taken)
    set_actor(by.pk)
    incident.save()
    category_rules.create_default_rules(incident)
    return incident


@transaction.atomic
def move_deadline(incident: Incident, new: date, reason: str, by: User) -> DeadlineChange | None:
    """Move the deadline, and keep the old deadline and the reason in the history. The form has validated `new`.

    Return None if the deadline is `new` already, because somebody else moved the deadline in the meantime.
    """
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.deadline == new:
        return None
    change = DeadlineChange.objects.create(incident=incident, old=incident.deadline, new=new, reason=reason, by=by)
    set_actor(by.pk)
    incident.deadline = new
    incident.save(update_fields=["deadline"])
    return change


def add_incident_option(parser: CommandParser) -> None:
    """Add the required option `--incident`."""
    parser.add_argument("--incident", required=True, metavar="KORTNAVN", help="hændelsens kortnavn, fx sepo")


def incident_named(slug: str) -> Incident:
    """Return the incident with the slug. Raise CommandError with the known slugs if there is none."""
    incident = Incident.objects.filter(slug=slug).first()
    if incident is None:
        known = ", ".join(Incident.objects.order_by("slug").values_list("slug", flat=True)) or "ingen"
        raise CommandError(f"Ingen hændelse har kortnavnet »{slug}«. Disse findes: {known}.")
    return incident
