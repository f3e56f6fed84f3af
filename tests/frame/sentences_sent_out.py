"""The sentences of fact of reminders, digests and the closing certificate: see `sentences_of_fact`."""

from types import SimpleNamespace

from django.utils import timezone

from followups import services
from followups.reporting.certificate import build_content
from notifications.incident_page.certificates import story_sections
from sepo_incident.accounts.models import User
from tests.frame.sentences_of_fact import (
    Page,
    Sentence,
    a_letter_has_arrived,
    a_letter_is_decided,
    a_letter_is_decided_and_unsent,
    a_letter_is_sent_back,
    a_measure_is_done,
)
from tests.frame.sentences_of_pages import Mail


class Certificate(Page):
    def read(self, cast: SimpleNamespace) -> str:
        return build_content(cast.incident, "Mette Dahl", timezone.now(), 1, story_sections(cast.incident))


def an_arrived_letter_is_confirmed(cast: SimpleNamespace) -> None:
    a_letter_has_arrived(cast)
    services.confirm_letter(cast.annes, cast.torben, 1)


def torben_has_left(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.torben.pk).update(left_on="2020-01-01", is_active=False)


REMINDER, DIGEST = Mail("REMINDER", "anne", "anne"), Mail("LEADER_DIGEST", "torben", "anne")
CERTIFICATE = Certificate("certificate", "")
SENT_OUT_SENTENCES = [
    Sentence(REMINDER, "er sendt tilbage med et spørgsmål", a_letter_is_sent_back, "mangler beslutning"),
    Sentence(REMINDER, "skal sendes", a_letter_is_decided_and_unsent, "mangler beslutning"),
    Sentence(REMINDER, "Torben Kjær, kan følge med", None, given=torben_has_left),
    Sentence(DIGEST, "Bekræft 1 beslutning", a_letter_is_decided, "1 mangler beslutning"),
    Sentence(CERTIFICATE, r"I alt \| 7 \| 0 \| 1 \| 6", an_arrived_letter_is_confirmed, r"I alt \| 7 \| 0 \| 0 \| 7"),
    Sentence(CERTIFICATE, r"Prøvebrev \| .* \| gennemført", a_measure_is_done),
]
