"""The sentences of fact of reminders, digests and the closing certificate: see `sentences_of_fact`."""

from dataclasses import dataclass
from types import SimpleNamespace

from django.utils import timezone

from followups import services
from followups.reporting.certificate import build_content
from letters.models import Letter
from notifications.incident_page.certificates import story_sections
from notifications.models import Kind
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import default_source
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


@dataclass(frozen=True)
class Mail(Page):
    """The mail of a kind about Anne's letter. `reader`: the receiver."""

    def read(self, cast: SimpleNamespace) -> str:
        kind, letters = Kind(self.name), Letter.objects.filter(pk=cast.annes.pk)
        letters = letters.select_related("sender", "leader", "unit", "followup")
        text = default_source(kind).parse(kind)
        return " ".join(compose_notice(kind, cast.incident, getattr(cast, self.reader), letters, text).text.split())


class Certificate(Page):
    def read(self, cast: SimpleNamespace) -> str:
        return build_content(cast.incident, "Mette Dahl", timezone.now(), 1, story_sections(cast.incident))


def an_arrived_letter_is_confirmed(cast: SimpleNamespace) -> None:
    a_letter_has_arrived(cast)
    services.confirm_letter(cast.annes, cast.torben, 1)


def torben_has_left(cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.torben.pk).update(left_on="2020-01-01", is_active=False)


REMINDER, DIGEST = Mail("REMINDER", "anne"), Mail("LEADER_DIGEST", "torben")
CERTIFICATE = Certificate("certificate", "")
SENT_OUT_SENTENCES = [
    Sentence(REMINDER, "er sendt tilbage med et spørgsmål", a_letter_is_sent_back, "mangler en beslutning"),
    Sentence(REMINDER, "er besluttet, men ikke sendt", a_letter_is_decided_and_unsent, "mangler en beslutning"),
    Sentence(REMINDER, "Torben Kjær, kan følge med", None, given=torben_has_left),
    Sentence(DIGEST, "Bekræft 1 beslutning", a_letter_is_decided, "1 mangler en beslutning"),
    Sentence(CERTIFICATE, r"I alt \| 7 \| 1 .* \| 6\b", an_arrived_letter_is_confirmed, r"I alt \| 7 \| 0 .* \| 7\b"),
    Sentence(CERTIFICATE, r"Prøvebrev \| .* \| gennemført", a_measure_is_done),
]
