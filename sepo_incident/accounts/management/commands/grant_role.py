"""Command that gives a person a role, needed for the first person of Koncern IT and of Personalejura.

Usage: `manage.py grant_role EMAIL ROLLE --name "…" [--unit NUMMER] [--reason "…"]`
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from sepo_incident.accounts.access import access_changes
from sepo_incident.accounts.models import AccessChange, Membership, Unit, User

Role = Membership.Role
REASON = "Givet med kommandoen grant_role på serveren"


class Command(BaseCommand):
    help = "Giver en person en rolle i en enhed. Opretter personen, hvis den ikke findes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("role", metavar="ROLLE", choices=Role.values, help=", ".join(Role.values))
        parser.add_argument("--name", default="", help="personens navn, når den oprettes")
        parser.add_argument(
            "--unit", type=int, metavar="NUMMER", help="enhedens nummer (/enhed/NUMMER/); ellers hele kommunen"
        )
        parser.add_argument("--reason", default=REASON, help="hvorfor, til siden Roller")

    @transaction.atomic
    def handle(
        self, *args: Any, email: str, role: str, name: str, unit: int | None, reason: str, **options: Any
    ) -> None:
        email = email.strip()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"»{email}« er ikke en e-mail. Skriv den som navn@sted.dk.") from None
        place = Unit.root() if unit is None else Unit.objects.filter(pk=unit).first()
        if place is None:
            raise CommandError(f"Der er ingen enhed med nummer {unit}.")
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            if not name.strip():
                raise CommandError("Personen findes ikke endnu. Skriv også --name.")
            person = User.objects.create_user(email, name)
        change = AccessChange(kind=AccessChange.Kind.ROLE_GIVEN, person=person, unit=place, role=role)
        is_new = not access_changes.matching_roles(change).exists()
        try:
            if is_new:
                access_changes.change_role(change, reason)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        membership = Membership.objects.get(user=person, unit=place, role=role)
        self.stdout.write(f"{membership}{'' if is_new else ' (havde allerede rollen)'}")
        if not person.has_usable_password():
            self.stdout.write(f"Giv personen en adgangskode med: manage.py changepassword {person.email}")
