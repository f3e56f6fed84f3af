"""Command that creates an incident: `manage.py create_incident SLUG --title … --first-day … --last-day … --deadline …`.

A second call with the same slug is refused, and nothing is changed.
"""

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from letters import incidents
from letters.incident_kinds import IncidentKind
from letters.incidents import address_under
from letters.models import Incident
from sepo_incident.core import danish
from sepo_incident.core.forms import refuse_cpr

OPTIONS = {"title": "--title", "first_day": "--first-day", "last_day": "--last-day", "deadline": "--deadline"}


class Command(BaseCommand):
    help = "Opretter en hændelse med de almindelige regler for emneområder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="KORTNAVN", help="navnet i adresser og kommandoer, fx sepo-2019")
        parser.add_argument("--title", required=True, metavar="TITEL", help="hvad der er sket")
        parser.add_argument("--first-day", required=True, metavar="DATO", help="første dag, fx 2019-12-09")
        parser.add_argument("--last-day", required=True, metavar="DATO", help="sidste dag")
        parser.add_argument("--deadline", required=True, metavar="DATO", help="fristen, ved dagens udgang")
        parser.add_argument(
            "--kind",
            default=IncidentKind.NOT_ARRIVED.value,
            choices=IncidentKind.values,
            metavar="SLAGS",
            help=f"hvad der gik galt: {', '.join(IncidentKind.values)}",
        )
        parser.add_argument("--system", default="SEPO", metavar="NAVN", help="løsningen, der fejlede (SEPO)")

    def handle(self, *args: Any, slug: str, title: str, kind: str, system: str, **options: Any) -> None:
        days = {name: parse_day(options[name], OPTIONS[name]) for name in ("first_day", "last_day", "deadline")}
        incident = Incident(slug=slug, title=title.strip(), kind=kind, system=system.strip(), **days)
        check(incident)
        try:
            incidents.create_incident(incident, by=None)
        except IntegrityError as taken:  # another command was first
            raise CommandError(taken_sentence(slug)) from taken
        self.stdout.write(
            f"Hændelsen »{incident.title}« er oprettet med kortnavnet {slug}. Adressen er {address_under(incident)}.\n"
            f"Breve sendt {incident.window}. Frist {danish.weekday_date(incident.deadline)}.\n"
            f"Indlæs nu listen, som også opretter enheder, og så personalefilen på siden Personer:\n"
            f"  manage.py import_list liste.xlsx --incident {slug} --commit\n"
        )


def parse_day(text: str, option: str) -> date:
    """Return the day. Only `2019-12-09` is understood; Python would also read `20191209` and `2019-W50-1`."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as problem:
        raise CommandError(f"»{text}« er ingen dato. Skriv {option} som 2019-12-09.") from problem


def check(incident: Incident) -> None:
    """Raise CommandError with all that is wrong with the incident."""
    try:
        Incident._meta.get_field("slug").run_validators(incident.slug)
    except ValidationError as problem:
        said = f"»{incident.slug}« kan ikke være et kortnavn. Brug højst 60 tegn: a til z, tal og bindestreger."
        raise CommandError(said) from problem
    if Incident.objects.filter(slug=incident.slug).exists():
        raise CommandError(taken_sentence(incident.slug))
    if not incident.title or not incident.system:
        raise CommandError(f"--{'system' if incident.title else 'title'} er tom. Skriv, hvad der er sket, og hvor.")
    try:
        refuse_cpr(incident.title)
        incident.full_clean(exclude=["slug"])
    except ValidationError as problem:
        raise CommandError("\n".join(dict.fromkeys(problem.messages))) from problem


def taken_sentence(slug: str) -> str:
    taken = f"En hændelse har allerede kortnavnet »{slug}«. Der er ikke ændret noget."
    return f"{taken} Vælg et andet, eller brug den, der findes."
