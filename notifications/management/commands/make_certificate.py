"""`manage.py make_certificate --incident SLUG --by E-MAIL --out FILE`: issue the closing certificate of an incident."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from letters.incidents import add_incident_option, incident_named
from notifications.incident_page.certificates import issue
from sepo_incident.accounts.models import Membership, User


class Command(BaseCommand):
    help = "Udsteder et afslutningsbevis, der viser, hvad der er sket med hvert brev."

    def add_arguments(self, parser: CommandParser) -> None:
        add_incident_option(parser)
        parser.add_argument("--out", type=Path, required=True, metavar="FIL")
        parser.add_argument("--by", required=True, metavar="E-MAIL", help="medarbejderen i Koncern IT, der udsteder")

    @transaction.atomic  # a certificate that cannot be written takes no number
    def handle(self, *args: Any, incident: str, out: Path, by: str, **options: Any) -> None:
        person = User.objects.filter(email__iexact=by, memberships__role=Membership.Role.KIT_ADMIN).first()
        if person is None:
            said = (
                f"{by} er ikke medarbejder i Koncern IT. Giv rollen med manage.py grant_role {by} KIT_ADMIN --name NAVN"
            )
            raise CommandError(said)
        certificate = issue(incident_named(incident), person)
        try:
            out.write_text(certificate.content, encoding="utf-8", newline="\n")
        except OSError as problem:
            raise CommandError(f"{out} kan ikke skrives: {problem.strerror}.") from problem
        self.stdout.write(f"Bevis nr. {certificate.number} er skrevet til {out}.\nAftryk: {certificate.fingerprint}")
