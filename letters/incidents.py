"""The verbs of an incident."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.text import slugify

from letters.models import DeadlineChange, Incident
from sepo_incident.accounts.models import User


def create(incident: Incident) -> Incident:
    """A new incident, with a short name from its title and year: «sikker-post-2019»."""
    stem = f"{slugify(incident.title)[:50]}-{incident.first_day.year}".lstrip("-")
    taken = set(Incident.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    incident.slug = next(name for name in names if name not in taken)
    incident.save()
    return incident


@transaction.atomic
def move_deadline(incident: Incident, new: date, reason: str, by: User) -> DeadlineChange:
    """Another deadline, and why; the old one stays in the history. The form has checked that it fits the incident."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    change = DeadlineChange.objects.create(incident=incident, old=incident.deadline, new=new, reason=reason, by=by)
    incident.deadline = new
    incident.save(update_fields=["deadline"])
    return change
