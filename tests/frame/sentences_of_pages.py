"""The sentences of fact of boards, *Mine breve*, guides, the front page and mails: see `sentences_of_fact`."""

from dataclasses import dataclass
from types import SimpleNamespace

from followups import services
from followups.services import arrivals
from letters.models import Incident, Letter
from notifications.models import Kind
from notifications.models.delivery_states import State
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import default_source
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.arrival_reports import ARRIVED
from tests.followups.decision_answers import HARM_HANDLED, NO_DISPATCH, REVIEW_OPEN, followup_of
from tests.followups.escalation_helpers import ask_for_help
from tests.frame.sentences_of_fact import (
    Page,
    Sentence,
    a_letter_did_not_arrive,
    a_letter_has_arrived,
    a_letter_is_decided,
    a_letter_is_sent_again,
    every_letter_has_a_notice,
    every_letter_is_confirmed,
)
from tests.notices import delivery_to, put_in_state, write_first_notices


@dataclass(frozen=True)
class Mail(Page):
    """A mail of the kind `name` to the reader, about the letters of `about`, an attribute of the cast."""

    def read(self, cast: SimpleNamespace) -> str:
        kind, reader = Kind(self.name), getattr(cast, self.reader)
        letters = Letter.objects.filter(sender=getattr(cast, self.about)).select_related(
            "sender", "leader", "unit", "followup"
        )
        text = default_source(kind).parse(kind)
        return " ".join(compose_notice(kind, cast.incident, reader, letters, text).text.split())


def an_answer_lacks(cast: SimpleNamespace) -> None:
    services.decide(cast.annes, REVIEW_OPEN, cast.anne, version=0)


def a_hidden_harm_is_found(cast: SimpleNamespace) -> None:
    services.decide(cast.personnel, HARM_HANDLED, cast.karen, version=0)


def the_coordinator_confirms(cast: SimpleNamespace) -> None:
    a_letter_is_decided(cast)
    services.confirm_letter(cast.annes, cast.birgitte, 1)


def only_an_asked_letter_is_left(cast: SimpleNamespace) -> None:
    for letter in Letter.objects.filter(sender=cast.karen).exclude(pk=cast.plain.pk):
        services.decide(letter, NO_DISPATCH, cast.karen, version=0)
    ask_for_help(cast.plain, cast.karen)


def the_asked_letter_is_decided(cast: SimpleNamespace) -> None:
    services.decide(cast.plain, NO_DISPATCH, cast.karen, followup_of(cast.plain).version)


def the_sent_letter_arrives(cast: SimpleNamespace) -> None:
    arrivals.record_arrival(cast.annes, ARRIVED, cast.anne, 0)


def all_but_a_letter_without_a_unit(cast: SimpleNamespace) -> None:
    every_letter_is_confirmed(cast)
    LetterFactory(incident=cast.incident, sender=cast.olga, leader=None, unit=None)


def figures_are_public(cast: SimpleNamespace) -> None:
    Incident.objects.update(shows_public_figures=True)


def no_incident_is_open(cast: SimpleNamespace) -> None:
    Incident.objects.update(status=Incident.Status.CLOSED)


def karens_mail_is_accepted(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)
    put_in_state(delivery_to(cast.karen), State.ACCEPTED)


def karens_mail_is_refused(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)
    put_in_state(delivery_to(cast.karen), State.REFUSED)


def a_letter_comes_after_the_notices(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))


def karens_letters_await_confirmation(cast: SimpleNamespace) -> None:
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, NO_DISPATCH, cast.karen, version=0)


FRONT, MY_LETTERS = Page("sign_in", ""), Page("my_letters", "anne")
PAGE_SENTENCES = [
    # Boards
    Sentence(Page("board", "birgitte", "buf"), "Alle 6 breve er fulgt", every_letter_is_confirmed, "Fulgt op 0 af 6"),
    Sentence(Page("board", "torben", "laerkepark"), "Brevet er fulgt op", every_letter_is_confirmed, "Fulgt op 0 af 1"),
    Sentence(
        Page("board", "mette", "root"),
        "(?<!der )Alle breve er",
        None,
        "Alle 7 breve er fulgt op",
        given=all_but_a_letter_without_a_unit,
    ),
    Sentence(
        Page("board_figures", "torben", "laerkepark"),
        "heller ikke frem",
        None,
        "1 brev er sendt igen uden at komme frem",
        given=a_letter_did_not_arrive,
    ),
    Sentence(
        Page("board_figures", "torben", "laerkepark"),
        r"\d\s*er kommet frem",
        the_sent_letter_arrives,
        given=a_letter_is_sent_again,
    ),
    Sentence(
        Page("board_people", "torben", "laerkepark"),
        "Ingen mangler noget",
        None,
        "Medarbejdere, der mangler",
        given=an_answer_lacks,
    ),
    Sentence(Page("board_people", "jens", "svalevej"), "påmindelse til alle", None, "Vælg, hvem der får en påmindelse"),
    Sentence(
        Page("board_consequences", "mette", "root"),
        "Ingen har skrevet om konsekvenser",
        None,
        "Ingen konsekvenser at vise",
        given=a_hidden_harm_is_found,
    ),
    # Mine breve and the letter
    Sentence(MY_LETTERS, "leder har bekræftet", None, "Brevet er fulgt op", given=the_coordinator_confirms),
    Sentence(MY_LETTERS, "Er kommet frem", None, "Har bevis", given=a_letter_is_sent_again),
    Sentence(
        Page("my_letters", "karen"),
        "Du har ikke flere opgaver",
        the_asked_letter_is_decided,
        "Afventer svar om 1 brev",
        given=only_an_asked_letter_is_left,
    ),
    Sentence(Page("letter", "jens", "plain"), "[Ll]igger (i|hos)", None, "Find mailen hos afsenderen"),
    Sentence(
        Page("handover", "jens", "karen"),
        "breve, der mangler noget",
        None,
        "ikke leder for breve, som Karen Bülow Møller mangler at beslutte eller sende",
        given=karens_letters_await_confirmation,
    ),
    # Pages that everybody reads
    Sentence(FRONT, r"1\s*er nu kommet frem", a_letter_has_arrived, given=figures_are_public),
    Sentence(FRONT, r"\b0\s*er nu kommet frem", None, "er fulgt op", given=figures_are_public),
    Sentence(FRONT, "Nogle breve|Sikker post fra kommunen", None, "ramt af en fejl", given=no_incident_is_open),
    Sentence(Page("leader_guide", "jens"), "samme mails", None, "oversigt"),
    Sentence(
        Page("remind_unit", "torben", "laerkepark"),
        "mangler noget",
        None,
        "Ingen skal have en påmindelse",
        given=a_letter_is_decided,
    ),
    # Koncern IT
    Sentence(Page("silent_mails", "mette"), "Vi hører om", None, "Ingen mails uden svar"),
    Sentence(
        Page("notices", "mette"),
        "Alle har fået",
        None,
        "Første besked er skrevet til alle",
        given=every_letter_has_a_notice,
    ),
    Sentence(
        Page("notices", "mette"),
        "to gange",
        None,
        "kun om breve, vi ikke har skrevet til afsenderen om",
        given=a_letter_comes_after_the_notices,
    ),
    Sentence(
        Page("incident", "mette"),
        "Vi har skrevet eller ringet til 1 afsender",
        karens_mail_is_accepted,
        "Hver af de 3 afsendere får",
    ),
    Sentence(
        Page("incident", "mette"), "Ingen mail er sendt", None, "Udsendelsen er bestilt", given=karens_mail_is_refused
    ),
    Sentence(Page("incident", "mette"), "Ikke aktiveret", None, "ikke registreret en aktivering"),
    Sentence(
        Page("incident", "jens"),
        "bekræftet af lederen",
        None,
        "Alle breve er fulgt op",
        given=every_letter_is_confirmed,
    ),
    # Mails
    Sentence(
        Mail("COORDINATOR_DIGEST", "birgitte", "karen"),
        "Afsendere og ledere får",
        None,
        "vi kan nå, får selv en påmindelse",
    ),
]
