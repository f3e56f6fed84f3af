"""The sentences of fact that the product says by itself: what row makes each true, and what stands there without it.

To add one, add a `Sentence` to `SENTENCES`. Its `proven_by` is a function that makes the row in the cast's incident,
below or in another helper. `given` makes what the incident has before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from types import SimpleNamespace

from django.test import Client
from django.urls import reverse

from followups import services
from letters.models import Letter
from tests.followups.decision_answers import NO_DISPATCH, RESENT
from tests.notices import write_first_notices

type Act = Callable[[SimpleNamespace], object]


@dataclass(frozen=True)
class Page:
    """A page that a person of the cast reads. `about`: the attribute of the cast that the address names."""

    name: str
    reader: str
    about: str = ""

    def read(self, cast: SimpleNamespace) -> str:
        """Return the words of the page without its menu, footer and forms' choices."""
        client = Client()
        client.force_login(getattr(cast, self.reader))
        args = [getattr(cast, self.about).pk] if self.about else []
        html = client.get(reverse(self.name, args=args), follow=True).text
        main = html.partition('<main class="container"')[2].partition("</main>")[0]
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", main)))


def nothing(cast: SimpleNamespace) -> None:
    """Leave the incident of the cast as it is: seven letters, all undecided, and no notice."""


@dataclass(frozen=True)
class Sentence:
    """A sentence, the row that makes it true, and the sentence without that row: "" where nothing stands.

    Both sentences are patterns. `place` is a `Page`, or whatever else has `name` and `read`.
    """

    place: Page
    sentence: str
    proven_by: Act
    without: str = ""
    given: Act = nothing

    def __str__(self) -> str:
        return f"{self.place.name}-{self.sentence}"


# --- Rows ---------------------------------------------------------------------------------------------------------


def every_letter_is_decided(cast: SimpleNamespace) -> None:
    for letter in Letter.objects.active():
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)


def a_letter_is_sent_again(cast: SimpleNamespace) -> None:
    services.decide(cast.plain, RESENT, cast.karen, version=0)


def every_letter_has_a_notice(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)


SENTENCES = [
    Sentence(
        place=Page("close_incident", "mette"),
        sentence="Intet brev mangler en beslutning",
        proven_by=every_letter_is_decided,
        without="7 breve mangler en beslutning",
    ),
    Sentence(
        place=Page("close_incident", "mette"),
        sentence="1 brev mangler bevis",
        proven_by=a_letter_is_sent_again,
        without="Intet brev mangler bevis",
    ),
    Sentence(
        place=Page("notices", "mette"),
        sentence="Alle har fået første besked",
        proven_by=every_letter_has_a_notice,
        without="Ingen beskeder er sendt endnu",
    ),
]
