"""The people that a demo user can sign in as, and the tour on the demo's front page, which follows one letter."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from followups.models import Escalation
from letters.models import Incident
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident import embedded
from sepo_incident.accounts.models import User
from sepo_incident.core.sql_expression import sql_expression
from sepo_incident.demo import DATA


class Persona(NamedTuple):
    """A person to sign in as. `membership` is a role at `place`, the name of a unit or "" for the root."""

    key: str
    name: str
    email: str
    role: str
    does: str
    membership: str
    place: str


_FOLLOWED = """SELECT letter.id, letter.subject, letter.sent_at, escalation.id, escalation.desk
    FROM letters_letter AS letter
    JOIN accounts_user AS sender ON sender.id = letter.sender_id
    LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
    LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id
    WHERE letter.incident_id = {incident} AND sender.name = {sender} AND letter.withdrawn_at IS NULL
        AND starts_with(letter.subject, 'Partshøring')
    ORDER BY letter.id
    LIMIT 1"""
PERSONAS = [Persona(*row) for row in DATA["personas"]]


class PersonaLink(NamedTuple):
    """A button that signs in as the persona `key` and opens `url`; without a key a link. `who` is met there."""

    label: str
    url: str
    who: str
    key: str = ""


class FollowedLetter(NamedTuple):
    """The letter of the tour, with the number of its question to a desk and the desk."""

    pk: int
    subject: str
    sent_at: datetime
    question: int | None
    desk: str | None


class DemoStrip(NamedTuple):
    """The demo's line on every page: the people to become, the letter and the links of the tour, and its next step."""

    people: list[Persona]
    followed: FollowedLetter | None
    links: list[PersonaLink]
    number: int

    @property
    def link(self) -> PersonaLink | None:
        return self.links[self.number - 1] if self.number <= len(self.links) else None


def refuse_outside_demo() -> None:
    """Raise CommandError if the settings are not those of a demo."""
    if not settings.DEMO:
        raise CommandError("Prøvedata hører kun til i prøveudgaven (make demo), ikke blandt rigtige breve.")


def unfinished_marker() -> Path:
    """Return the path of a file that exists in the data folder while demo data is being created."""
    return embedded.data_folder() / "half-filled"


def is_getting_ready() -> bool:
    return unfinished_marker().exists()


def find_user(name: str) -> User | None:
    return User.objects.filter(is_active=True, name=name).order_by("pk").first()


def find_user_by_key(key: str) -> User | None:
    return next((find_user(persona.name) for persona in PERSONAS if persona.key == key), None)


def build_strip(incident: Incident | None, reader: str, *, has_read_mail: bool = False) -> DemoStrip:
    """Return the strip with the step after the one where `reader` (a name, or "") meets the letter. One query.

    The letter is the persona's letter that names a date for an answer; a short list has none.
    """
    rows = (
        incident and sql_expression(_FOLLOWED, {}, incident=incident.pk, sender=SENDER_OF_FOURTEEN.name).fetch_planned()
    )
    followed = FollowedLetter(*rows[0]) if rows else None
    links = list_tour_links(followed) if followed else []
    met = next((number for number, link in enumerate(links, 1) if link.key and link.who == reader), 0)
    return DemoStrip(PERSONAS, followed, links, max(met, int(has_read_mail)) + 1)


def list_tour_links(letter: FollowedLetter) -> list[PersonaLink]:
    """Return the links of the tour: the mail, and where sender, leader, DIT and KIT meet the letter."""
    is_at_dit = letter.desk == Escalation.Desk.DIT
    at_dit = reverse("escalation", args=[letter.question]) if is_at_dit else reverse("escalations")
    return [
        PersonaLink("Læs mailen", reverse("demo_mailbox"), f"Til {SENDER_OF_FOURTEEN.name}"),
        link_as("medarbejder", "Se brevet", reverse("letter", args=[letter.pk])),
        link_as("leder", "Se enhedens breve", reverse("boards")),
        link_as("dit", "Se henvendelsen" if is_at_dit else "Se henvendelser", at_dit),
        link_as("kit", "Se hændelsen", reverse("incident")),
    ]


def link_as(key: str, label: str, url: str) -> PersonaLink:
    """Return a button to `url` as the persona `key`: «Se brevet som Karen»."""
    name = next(one.name for one in PERSONAS if one.key == key)
    return PersonaLink(f"{label} som {name.partition(' ')[0]}", url, name, key)
