"""The tour on the demo's front page: one letter, and the page where each persona meets the letter."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse

from followups.models import Escalation
from letters.models import Incident, Letter
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.demo.personas import PERSONAS, Persona, list_personas


class PersonaLink(NamedTuple):
    """A button that signs in as the persona `key` and opens `url`; without a key a link. `who` is met there."""

    label: str
    url: str
    who: str
    key: str = ""


class DemoStrip(NamedTuple):
    """The demo's line on every page: the people to become, the letter and the links of the tour, and its next step."""

    people: list[Persona]
    followed: Letter | None
    links: list[PersonaLink]
    number: int

    @property
    def link(self) -> PersonaLink | None:
        return self.links[self.number - 1] if self.number <= len(self.links) else None


def build_strip(incident: Incident | None, reader: str, *, has_read_mail: bool = False) -> DemoStrip:
    """Return the strip with the step after the one where `reader` (a name, or "") meets the letter. Three queries."""
    followed = find_followed_letter(incident) if incident else None
    links = list_tour_links(followed) if followed else []
    met = next((number for number, link in enumerate(links, 1) if link.key and link.who == reader), 0)
    return DemoStrip(list_personas(), followed, links, max(met, int(has_read_mail)) + 1)


def find_followed_letter(incident: Incident) -> Letter | None:
    """Return the letter of the tour, None in a short list: the persona's letter that names a date for an answer."""
    hers = Letter.objects.active().filter(incident=incident, sender__name=SENDER_OF_FOURTEEN.name)
    return hers.filter(subject__startswith="Partshøring").select_related("followup", "sender").order_by("pk").first()


def list_tour_links(letter: Letter) -> list[PersonaLink]:
    """Return the links of the tour: the mail, and where sender, leader, DIT and KIT meet the letter."""
    question = Escalation.objects.filter(followup__letter=letter, desk=Escalation.Desk.DIT).order_by("-pk").first()
    at_dit = reverse("escalation", args=[question.pk]) if question else reverse("escalations")
    return [
        PersonaLink("Læs mailen", reverse("demo_mailbox"), f"Til {SENDER_OF_FOURTEEN.name}"),
        link_as("medarbejder", "Se brevet", reverse("letter", args=[letter.pk])),
        link_as("leder", "Se enhedens breve", reverse("boards")),
        link_as("dit", "Se henvendelsen" if question else "Se henvendelser", at_dit),
        link_as("kit", "Se hændelsen", reverse("incident")),
    ]


def link_as(key: str, label: str, url: str) -> PersonaLink:
    """Return a button to `url` as the persona `key`: «Se brevet som Karen»."""
    name = next(one.name for one in PERSONAS if one.key == key)
    return PersonaLink(f"{label} som {name.partition(' ')[0]}", url, name, key)
