"""The tour on the demo's front page: one letter, and the page where each persona meets the letter."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse

from followups.models import Escalation
from letters.models import Incident, Letter
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.demo.personas import PERSONAS


class PersonaLink(NamedTuple):
    """A button that signs in as the persona `key` and opens `url`; without a key a link. `who` is met there."""

    label: str
    url: str
    who: str
    key: str = ""


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
