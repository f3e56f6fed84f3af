"""The runbook: title, description and instructions in Danish for each kind of alarm, and the text of the alarm's
mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from notifications.models import Alarm
from sepo_incident.core import danish

Kind = Alarm.Kind


class Step(NamedTuple):
    """An instruction; ``page`` is the URL name of the page where to follow the instruction, or ""."""

    text: str
    action: str = ""
    page: str = ""

    @property
    def url(self) -> str:
        return reverse(self.page) if self.page else ""


@dataclass(frozen=True)
class RunbookEntry:
    """The texts for a kind of alarm.

    ``ends_by_itself``: the alarm ends when the fault is gone. Otherwise a person must end the alarm.
    """

    title: str
    what: Callable[[Alarm], str]
    steps: list[Step]
    ends_by_itself: bool = True


def _since_when(alarm: Alarm) -> str:
    return f"siden {danish.moment(alarm.since)}" if alarm.since else "lige nu"


def _describe_spam(alarm: Alarm) -> str:
    refused = danish.count(alarm.number, "mail er", "mails er")
    return (
        f"{refused} afvist som spam ud af {danish.number(alarm.total or 0)}, vi har prøvet at sende den seneste time. "
        "Derfor har systemet selv sat udsendelsen på pause."
    )


def _describe_queue(alarm: Alarm) -> str:
    waiting = danish.count(alarm.number, "mail skulle", "mails skulle")
    return f"{waiting} have været sendt {_since_when(alarm)}, men intet program har taget fat i køen."


def _describe_silence(alarm: Alarm) -> str:
    sent = danish.count(alarm.number, "mail er", "mails er")
    return (
        f"{sent} taget imod af mailserveren {_since_when(alarm)}, og vi har ikke hørt noget tilbage: "
        "ingen kvitteringer, ingen afvisninger og ingen autosvar. Sådan begyndte den fejl, I er ved at rydde op efter."
    )


def _describe_canary(alarm: Alarm) -> str:
    lost = danish.count(alarm.number, "prøvemail er", "prøvemails er")
    return f"Vi sender en mail til os selv hver time. {lost} ikke kommet frem {_since_when(alarm)}."


def _describe_bounce_canary(alarm: Alarm) -> str:
    lost = danish.count(alarm.number, "mail er", "mails er")
    return (
        f"Hver time sender vi en mail til en adresse, der ikke findes, for at se, om vi får besked. {lost} ikke kommet "
        f"retur {_since_when(alarm)}. Så hører vi heller ikke om andre mails, der ikke kan afleveres."
    )


def _describe_inbox(alarm: Alarm) -> str:
    waiting = danish.count(alarm.number, "mail til os er", "mails til os er")
    return f"{waiting} modtaget, men ikke læst af systemet {_since_when(alarm)}."


def _describe_balance(alarm: Alarm) -> str:
    sums = danish.count(alarm.number, "sum stemmer ikke", "summer stemmer ikke")
    return f"{sums}. Noget kan være gået tabt eller talt to gange.\n{alarm.words}"


def _describe_history(alarm: Alarm) -> str:
    return (
        "Det, der er skrevet i historikken, kan ikke rettes i systemet, og hver time ser vi efter, at det står der "
        f"endnu. {alarm.words}"
    )


def _describe_restored(alarm: Alarm) -> str:
    waiting = danish.count(alarm.number, "mail venter", "mails venter")
    return (
        "Databasen er en anden end den, der sidst blev sendt fra: genskabt fra en sikkerhedskopi eller flyttet. "
        f"{waiting}, og nogle af dem kan være sendt, efter at kopien blev taget. "
        "Derfor har systemet selv sat alle mails på pause."
    )


ASK_OPERATIONS = "Ring til driftsvagten, og bed dem se på programmet, der sender mails (worker), og på køen (Redis)."
RUNBOOK = {
    Kind.SPAM: RunbookEntry(
        "Vores mails bliver afvist som spam",
        _describe_spam,
        [
            Step("Se, hvad mailserveren svarede.", "Se de afviste", "not_reached"),
            Step("Få dem, der driver mailvagten, til at godkende afsenderen, og vent på deres svar."),
            Step(
                "Send en prøvemail, og fortsæt så udsendelsen. De afviste kan sendes igen.", "Gå til varsler", "notices"
            ),
        ],
        ends_by_itself=False,
    ),
    Kind.RESTORED: RunbookEntry(
        "Systemet spørger, før det sender igen",
        _describe_restored,
        [
            Step("Spørg driften, om databasen er genskabt fra en sikkerhedskopi, og fra hvornår."),
            Step("Bed driften af mailserveren om at finde de mails, vi har sendt siden da."),
            Step("Fortsæt mailene, når I ved, hvad der er sendt.", "Gå til varsler", "notices"),
        ],
        ends_by_itself=False,
    ),
    Kind.QUEUE: RunbookEntry(
        "Mails står stille i køen",
        _describe_queue,
        [Step(ASK_OPERATIONS), Step("Intet er tabt: Køen går i gang af sig selv, når programmet kører igen.")],
    ),
    Kind.SILENCE: RunbookEntry(
        "Vi hører intet om de mails, vi har sendt",
        _describe_silence,
        [
            Step("Ring til en eller to af modtagerne, og spørg, om mailen er kommet."),
            Step(
                "Bed driften af mailserveren om at finde mailene i deres log. De har et nummer hos serveren.",
                "Se mailene",
                "notices",
            ),
            Step("Er mailene væk, så send dem igen, når fejlen er rettet."),
        ],
    ),
    Kind.CANARY: RunbookEntry(
        "Mails til os selv kommer ikke frem",
        _describe_canary,
        [
            Step("Vent med at sende flere varsler."),
            Step("Ring til driften af mailserveren: De kan finde prøvemailen i deres log."),
        ],
    ),
    Kind.BOUNCE_CANARY: RunbookEntry(
        "Vi får ikke besked om mails, der ikke kan afleveres",
        _describe_bounce_canary,
        [
            Step("Ring til driften af mailserveren: Mails til vores returadresse skal afleveres til systemet."),
            Step("Regn ikke med, at ingen besked betyder godt nyt, før fejlen er rettet."),
        ],
    ),
    Kind.INBOX: RunbookEntry(
        "Indgående post bliver ikke læst",
        _describe_inbox,
        [Step(ASK_OPERATIONS), Step("Intet er tabt: Mailene er gemt og bliver læst, når programmet kører igen.")],
    ),
    Kind.HISTORY: RunbookEntry(
        "Historikken skal undersøges",
        _describe_history,
        [
            Step("Skriv ned, hvad der står her, og rør ikke ved databasen."),
            Step("Bed driften om at gemme en kopi af databasen, som den er nu, og en sikkerhedskopi fra før."),
            Step("Spørg driften, hvem der har arbejdet i databasen, og ring til dem, der udvikler systemet."),
        ],
        ends_by_itself=False,
    ),
    Kind.BALANCE: RunbookEntry(
        "Tallene stemmer ikke",
        _describe_balance,
        [
            Step("Send ikke flere varsler, før det er undersøgt."),
            Step("Ring til dem, der udvikler systemet, og læs summerne op for dem."),
        ],
    ),
}


def alarm_title(alarm: Alarm) -> str:
    return RUNBOOK[Kind(alarm.kind)].title


def alarm_description(alarm: Alarm) -> str:
    return RUNBOOK[Kind(alarm.kind)].what(alarm)


def alarm_steps(alarm: Alarm) -> list[Step]:
    return RUNBOOK[Kind(alarm.kind)].steps


def alarm_mail_subject(alarm: Alarm) -> str:
    return f"Alarm: {alarm_title(alarm)}"


def alarm_mail_text(alarm: Alarm, now: datetime) -> str:
    """Return the text of the mail to the watch address, without any letter or person."""
    todo = "\n".join(f"{number}. {step.text}" for number, step in enumerate(alarm_steps(alarm), start=1))
    repeat_sentence = "" if alarm.raised_at == now else "Ingen har taget alarmen endnu.\n\n"
    return (
        f"{alarm_title(alarm)}\n\n{alarm_description(alarm)}\n\n"
        f"Alarmen slog til {danish.moment(alarm.raised_at)}. {repeat_sentence}\n\n"
        f"Det skal I gøre:\n{todo}\n\nTag alarmen her, så andre kan se, at du er på den:\n"
        f"{settings.SITE_URL}{reverse('alarms')}\n"
    )


@dataclass(frozen=True)
class ShownAlarm:
    """An alarm with the texts of the runbook."""

    alarm: Alarm
    title: str
    what: str
    steps: list[Step]


def show_alarm(alarm: Alarm) -> ShownAlarm:
    return ShownAlarm(alarm, alarm_title(alarm), alarm_description(alarm), alarm_steps(alarm))


def list_open_alarms() -> list[ShownAlarm]:
    """Return the open alarms, newest first. One query."""
    return [show_alarm(alarm) for alarm in Alarm.objects.open().select_related("taken_by")]
