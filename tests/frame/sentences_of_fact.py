"""The sentences of fact that the product says by itself: what row makes each true, and what stands there without it.

To add one, add a `Sentence` to `SENTENCES`. Its `proven_by` is a function that makes the row in the cast's incident,
below or in another helper. `given` makes what the incident has before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from types import SimpleNamespace

from django.test import Client
from django.urls import reverse

from followups import services
from followups.services import arrivals
from letters.models import BreachAssessment, BreachReport, Letter, Measure, SupplierExchange
from sepo_incident.accounts.models import User
from tests.factories import LetterFactory
from tests.followups.arrival_reports import ARRIVED, NOT_ARRIVED
from tests.followups.decision_answers import HARM_UNHANDLED, NO_DISPATCH, RESENT
from tests.notices import write_first_notices

type Act = Callable[[SimpleNamespace], object]


@dataclass(frozen=True)
class Page:
    """A page that a person of the cast reads, "" for nobody. `about`: the attribute that the address names."""

    name: str
    reader: str
    about: str = ""

    def read(self, cast: SimpleNamespace) -> str:
        """Return the words of the page without its menu, footer and forms' choices."""
        client = Client()
        if self.reader:
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

    No row at all (None) proves a sentence that nobody may say. Both sentences are patterns.
    `place` is a `Page`, or whatever else has `name` and `read`.
    """

    place: Page
    sentence: str
    proven_by: Act | None
    without: str = ""
    given: Act = nothing

    def __str__(self) -> str:
        return f"{self.place.name}-{self.sentence}"


# --- Rows ---------------------------------------------------------------------------------------------------------


def a_letter_is_decided(cast: SimpleNamespace) -> None:
    services.decide(cast.annes, NO_DISPATCH, cast.anne, version=0)


def a_letter_is_decided_and_unsent(cast: SimpleNamespace) -> None:
    services.decide(cast.annes, replace(RESENT, is_sent=False), cast.anne, version=0)


def a_letter_is_sent_again(cast: SimpleNamespace) -> None:
    services.decide(cast.annes, RESENT, cast.anne, version=0)


def a_letter_did_not_arrive(cast: SimpleNamespace) -> None:
    a_letter_is_sent_again(cast)
    arrivals.record_arrival(cast.annes, NOT_ARRIVED, cast.anne, 0)


def a_letter_is_sent_back(cast: SimpleNamespace) -> None:
    a_letter_is_decided(cast)
    services.send_back(cast.annes, cast.torben, 1, "Hvorfor?")


def a_grave_consequence_is_found(cast: SimpleNamespace) -> None:
    services.decide(cast.annes, replace(HARM_UNHANDLED, severity="GRAVE"), cast.anne, version=0)


def a_letter_is_not_opened(cast: SimpleNamespace) -> None:
    LetterFactory(incident=cast.incident, sender=cast.anne, leader=cast.torben)


def every_letter_is_confirmed(cast: SimpleNamespace) -> None:
    Letter.objects.filter(leader=None).update(leader=cast.birgitte)
    for letter in Letter.objects.active():
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
        services.confirm_letter(letter, letter.leader, 1)


def a_breach_is_assessed(cast: SimpleNamespace) -> None:
    what = {"text": "Breve kom ikke frem", "lost_availability": True, "aware_at": "2020-01-06T10:00+01:00"}
    report = BreachReport.objects.create(incident=cast.incident, by=cast.mette, **what)
    BreachAssessment.objects.create(report=report, answer="DO_NOT_NOTIFY", reason="Brevene findes", by=cast.mette)


def every_letter_is_decided(cast: SimpleNamespace) -> None:
    for letter in Letter.objects.active():
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)


def a_letter_has_arrived(cast: SimpleNamespace) -> None:
    a_letter_is_sent_again(cast)
    arrivals.record_arrival(cast.annes, ARRIVED, cast.anne, 0)


def ulla_has_left(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.ulla.pk).update(left_on="2020-01-01")


def an_answer_was_awaited(cast: SimpleNamespace) -> None:
    SupplierExchange.objects.create(
        incident=cast.incident, day="2020-01-06", text="Hvorfor?", next_answer_on="2020-01-08"
    )


def everything_is_closed(cast: SimpleNamespace) -> None:
    every_letter_is_confirmed(cast)
    a_breach_is_assessed(cast)


def everything_but_an_imported_letter(cast: SimpleNamespace) -> None:
    everything_is_closed(cast)
    a_letter_is_not_opened(cast)


def a_measure_is_done(cast: SimpleNamespace) -> None:
    what = {"title": "Prøvebrev", "contact_name": "Driften", "due_on": cast.incident.deadline}
    done = {"status": Measure.Status.DONE, "done_at": "2020-01-13T09:00+01:00", "done_by": cast.mette}
    Measure.objects.create(incident=cast.incident, **what, **done)


def every_letter_has_a_notice(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)


def every_notice_but_of_an_imported_letter(cast: SimpleNamespace) -> None:
    every_letter_has_a_notice(cast)
    a_letter_is_not_opened(cast)


CLOSING = Page("close_incident", "mette")
SENTENCES = [
    # What is open before the incident is closed
    Sentence(CLOSING, "Alle punkter er opfyldt", everything_is_closed, "Der mangler 3 af 13 punkter"),
    Sentence(CLOSING, "Intet mangler", None, "1 brev venter på, at I åbner", given=everything_but_an_imported_letter),
    Sentence(
        CLOSING,
        "1 brev venter på, at I åbner opfølgningen",
        a_letter_is_not_opened,
        "Ingen breve venter på, at I åbner",
    ),
    Sentence(CLOSING, "1 brev skal sendes", a_letter_is_decided_and_unsent, "Ingen breve skal sendes"),
    Sentence(CLOSING, "1 brev venter på lederen", a_letter_is_decided, "Ingen breve venter på lederen"),
    Sentence(CLOSING, "6 breve mangler beslutning", a_letter_is_decided, "7 breve mangler beslutning"),
    Sentence(CLOSING, "1 brev mangler bevis", a_letter_is_sent_again, "Ingen breve mangler bevis"),
    Sentence(
        CLOSING,
        "1 brev er sendt igen uden at komme frem",
        a_letter_did_not_arrive,
        "Ingen breve er sendt igen uden at komme frem",
    ),
    Sentence(
        CLOSING, "1 alvorlig konsekvens er ikke håndteret", a_grave_consequence_is_found, "Alle alvorlige konsekvenser"
    ),
    Sentence(CLOSING, "Databrud er vurderet", a_breach_is_assessed, "Databrud er ikke vurderet"),
    Sentence(CLOSING, "Alle tiltag er gennemført", a_measure_is_done, "Der er ikke skrevet nogen tiltag"),
    # The incident
    Sentence(
        Page("incident", "jens"), "7 af 7 breve er fulgt op", every_letter_is_confirmed, "0 af 7 breve er fulgt op"
    ),
    Sentence(Page("incident", "jens"), r"\d er kommet frem", a_letter_has_arrived),
    Sentence(Page("incident", "jens"), "Næste svar ventes", None, "Næste svar var ventet", given=an_answer_was_awaited),
    Sentence(Page("nobodys", "mette"), "1 brev har ingen, der kan svare", ulla_has_left, "Alle åbne breve har en"),
    # Boards
    Sentence(
        Page("board", "birgitte", "buf"), "Alle 6 breve er fulgt op", every_letter_is_confirmed, "Fulgt op 0 af 6"
    ),
    # Pages that everybody reads
    Sentence(Page("drafts", "karen"), "Ingen andre har fået brevet", None, "hvem der har fået brevet, hvis du ved"),
    Sentence(Page("drafts", "karen"), "teknisk fejl", None, "en fejl hos os"),
    Sentence(Page("drafts", "karen"), "ser vi på det sammen", None, "Så vurderer vi din sag igen"),
    Sentence(Page("privacy", "karen"), "Resten bliver slettet", None, "bliver ikke slettet af sig selv"),
    # Notices
    Sentence(
        Page("notices", "mette"),
        "Første besked er skrevet til alle",
        None,
        "1 brev er ikke åbnet",
        given=every_notice_but_of_an_imported_letter,
    ),
    Sentence(
        Page("notices", "mette"),
        "Første besked er skrevet til alle afsendere",
        every_letter_has_a_notice,
        "Ingen beskeder er sendt endnu",
    ),
]
