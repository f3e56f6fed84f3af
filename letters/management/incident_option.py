"""The option ``--incident``, shared by the commands."""

from django.core.management.base import CommandError, CommandParser

from letters.models import Incident


def add_incident_option(parser: CommandParser) -> None:
    """Add the required option ``--incident``."""
    parser.add_argument("--incident", required=True, metavar="KORTNAVN", help="hændelsens kortnavn, fx sepo")


def incident_named(slug: str) -> Incident:
    """Return the incident with the slug. Raise CommandError with the known slugs if there is none."""
    incident = Incident.objects.filter(slug=slug).first()
    if incident is None:
        known = ", ".join(Incident.objects.order_by("slug").values_list("slug", flat=True)) or "ingen"
        raise CommandError(f"Der er ingen hændelse med kortnavnet »{slug}«. Disse findes: {known}.")
    return incident
