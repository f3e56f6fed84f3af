"""The list of alarms: the condition that raises each alarm, what the alarm says, and the next steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from notifications.alarms import monitors
from notifications.alarms.monitors import Finding
from notifications.models import Alarm
from sepo_incident.core import danish

Kind = Alarm.Kind


class Step(NamedTuple):
    """An instruction; `page` is the URL name of the page where to follow the instruction, or ""."""

    text: str
    action: str = ""
    page: str = ""

    @property
    def url(self) -> str:
        return reverse(self.page) if self.page else ""


@dataclass(frozen=True)
class AlarmRule:
    """A kind of alarm: title, condition, description and steps.

    find: the condition, checked every minute or, with `is_hourly`, every hour. None for an alarm that only the
    events in `lifecycle` raise. `description` has the slots {number}, counted in `unit`, {total}, {since} and
    {words}. `ends_by_itself`: the alarm ends when the fault is gone. Otherwise a person must end the alarm.
    """

    title: str
    find: Callable[[datetime], Finding | None] | None
    unit: tuple[str, str]
    description: str
    steps: list[Step]
    ends_by_itself: bool = True
    is_hourly: bool = False


ASK_OPERATIONS = "Ring til driftsvagten, og bed dem se på programmet, der sender mails (worker), og på køen (Redis)."
ALARMS = {
    Kind.SPAM: AlarmRule(
        "Vores mails bliver afvist som spam",
        monitors.find_spam_refusals,
        ("mail er", "mails er"),
        "{number} afvist som spam ud af {total}, vi har prøvet at sende den seneste time. "
        "Derfor har systemet selv sat udsendelsen på pause.",
        [
            Step("Se, hvad mailserveren svarede.", "Se de afviste", "not_reached"),
            Step("Få dem, der driver mailvagten, til at godkende afsenderen, og vent på deres svar."),
            Step(
                "Send en prøvemail, og fortsæt så udsendelsen. De afviste kan sendes igen.", "Gå til varsler", "notices"
            ),
        ],
        ends_by_itself=False,
    ),
    Kind.QUEUE: AlarmRule(
        "Mails står stille i køen",
        monitors.find_stuck_queue,
        ("mail skulle", "mails skulle"),
        "{number} have været sendt {since}, men intet program har taget fat i køen.",
        [Step(ASK_OPERATIONS), Step("Intet er tabt: Køen går i gang af sig selv, når programmet kører igen.")],
    ),
    Kind.INBOX: AlarmRule(
        "Indgående post bliver ikke læst",
        monitors.find_stuck_inbox,
        ("mail til os er", "mails til os er"),
        "{number} modtaget, men ikke læst af systemet {since}.",
        [Step(ASK_OPERATIONS), Step("Intet er tabt: Mailene er gemt og bliver læst, når programmet kører igen.")],
    ),
    Kind.SILENCE: AlarmRule(
        "Vi hører intet om de mails, vi har sendt",
        monitors.find_silence,
        ("mail er", "mails er"),
        "{number} taget imod af mailserveren {since}, og vi har ikke hørt noget tilbage: ingen kvitteringer, ingen "
        "afvisninger og ingen autosvar. Sådan begyndte den fejl, I er ved at rydde op efter.",
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
    Kind.CANARY: AlarmRule(
        "Mails til os selv kommer ikke frem",
        monitors.find_lost_canaries,
        ("prøvemail er", "prøvemails er"),
        "Vi sender en mail til os selv hver time. {number} ikke kommet frem {since}.",
        [
            Step("Vent med at sende flere varsler."),
            Step("Ring til driften af mailserveren: De kan finde prøvemailen i deres log."),
        ],
    ),
    Kind.BOUNCE_CANARY: AlarmRule(
        "Vi får ikke besked om mails, der ikke kan afleveres",
        monitors.find_lost_bounce_canaries,
        ("mail er", "mails er"),
        "Hver time sender vi en mail til en adresse, der ikke findes, for at se, om vi får besked. {number} ikke "
        "kommet retur {since}. Så hører vi heller ikke om andre mails, der ikke kan afleveres.",
        [
            Step("Ring til driften af mailserveren: Mails til vores returadresse skal afleveres til systemet."),
            Step("Regn ikke med, at ingen besked betyder godt nyt, før fejlen er rettet."),
        ],
    ),
    Kind.BALANCE: AlarmRule(
        "Tallene stemmer ikke",
        monitors.find_wrong_sums,
        ("sum stemmer ikke", "summer stemmer ikke"),
        "{number}. Noget kan være gået tabt eller talt to gange.\n{words}",
        [
            Step("Send ikke flere varsler, før det er undersøgt."),
            Step("Ring til dem, der udvikler systemet, og læs summerne op for dem."),
        ],
        is_hourly=True,
    ),
    Kind.HISTORY: AlarmRule(
        "Historikken skal undersøges",
        monitors.find_unchecked_history,
        ("", ""),
        "Det, der er skrevet i historikken, kan ikke rettes i systemet, og hver time ser vi efter, at det står der "
        "endnu. {words}",
        [
            Step("Skriv ned, hvad der står her, og rør ikke ved databasen."),
            Step("Bed driften om at gemme en kopi af databasen, som den er nu, og en sikkerhedskopi fra før."),
            Step("Spørg driften, hvem der har arbejdet i databasen, og ring til dem, der udvikler systemet."),
        ],
        ends_by_itself=False,
        is_hourly=True,
    ),
    Kind.RESTORED: AlarmRule(
        "Systemet spørger, før det sender igen",
        None,
        ("mail venter", "mails venter"),
        "Databasen er en anden end den, der sidst blev sendt fra: genskabt fra en sikkerhedskopi eller flyttet. "
        "{number}, og nogle af dem kan være sendt, efter at kopien blev taget. "
        "Derfor har systemet selv sat alle mails på pause.",
        [
            Step("Spørg driften, om databasen er genskabt fra en sikkerhedskopi, og fra hvornår."),
            Step("Bed driften af mailserveren om at finde de mails, vi har sendt siden da."),
            Step("Fortsæt mailene, når I ved, hvad der er sendt.", "Gå til varsler", "notices"),
        ],
        ends_by_itself=False,
    ),
}


@dataclass(frozen=True)
class ShownAlarm:
    """An alarm with the texts for people."""

    alarm: Alarm
    title: str
    description: str
    steps: list[Step]

    def mail_text(self, now: datetime) -> str:
        """Return the text of the mail to the watch address, without any letter or person."""
        todo = "\n".join(f"{number}. {step.text}" for number, step in enumerate(self.steps, start=1))
        repeat_sentence = "" if self.alarm.raised_at == now else "Ingen har taget alarmen endnu.\n\n"
        return (
            f"{self.title}\n\n{self.description}\n\n"
            f"Alarmen slog til {danish.moment(self.alarm.raised_at)}. {repeat_sentence}\n\n"
            f"Det skal I gøre:\n{todo}\n\nTag alarmen her, så andre kan se, at du er på den:\n"
            f"{settings.SITE_URL}{reverse('alarms')}\n"
        )


def show_alarm(alarm: Alarm) -> ShownAlarm:
    rule = ALARMS[Kind(alarm.kind)]
    description = rule.description.format(
        number=danish.count(alarm.number, *rule.unit),
        total=danish.number(alarm.total or 0),
        since=f"siden {danish.moment(alarm.since)}" if alarm.since else "lige nu",
        words=alarm.words,
    )
    return ShownAlarm(alarm, rule.title, description, rule.steps)


def list_open_alarms() -> list[ShownAlarm]:
    """Return the open alarms, newest first. One query."""
    return [show_alarm(alarm) for alarm in Alarm.objects.open().select_related("taken_by")]
