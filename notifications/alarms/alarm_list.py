"""The list of alarms: the condition that raises each alarm, what the alarm says, and the next steps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from letters.incidents import addresses_under
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

    def as_text(self, number: int) -> str:
        """Return the numbered lines of the instruction, with the address of the page."""
        link = f"   {self.action}: {settings.SITE_URL}{self.url}\n" if self.page else ""
        return f"{number}. {self.text}\n{link}"


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


ASK_OPERATIONS = "Ring til driftsvagten, og bed om, at programmet, der sender mails, og dets kø bliver startet igen."
ALARMS = {
    Kind.SPAM: AlarmRule(
        "Vores mails bliver afvist som spam",
        monitors.find_spam_refusals,
        ("mail", "mails"),
        "Den seneste time er {number} ud af {total} afvist som spam. Systemet har sat udsendelsen på pause.",
        [
            Step("Læs mailserverens svar.", "Se de afviste", "not_reached"),
            Step("Bed driften af mailvagten om at godkende afsenderen, og vent på svar."),
            Step("Send en prøvemail. Fortsæt udsendelsen, og send de afviste igen.", "Gå til beskeder", "notices"),
        ],
        ends_by_itself=False,
    ),
    Kind.QUEUE: AlarmRule(
        "Mails står stille i køen",
        monitors.find_stuck_queue,
        ("mail skulle", "mails skulle"),
        "{number} have været sendt {since}, men køen står stille.",
        [Step(ASK_OPERATIONS), Step("Mailene i køen bliver sendt, når programmet kører igen.")],
    ),
    Kind.INBOX: AlarmRule(
        "Indgående post bliver ikke læst",
        monitors.find_stuck_inbox,
        ("mail til os er", "mails til os er"),
        "{number} modtaget, men ikke læst {since}.",
        [Step(ASK_OPERATIONS), Step("Mailene bliver læst, når programmet kører igen.")],
    ),
    Kind.SILENCE: AlarmRule(
        "Vi hører intet om vores mails",
        monitors.find_silence,
        ("mail er", "mails er"),
        "{number} taget imod af mailserveren {since}, men vi har ikke fået kvitteringer, afvisninger eller autosvar.",
        [
            Step("Ring til et par modtagere, og spørg, om mailen er kommet."),
            Step(
                "Bed driften af mailserveren om at finde mailene i deres log.",
                "Se mailene",
                "silent_mails",
            ),
            Step("Er mailene væk, så send dem igen, når fejlen er rettet."),
        ],
    ),
    Kind.CANARY: AlarmRule(
        "Mails til os selv kommer ikke frem",
        monitors.find_lost_canaries,
        ("prøvemail er", "prøvemails er"),
        "{number} ikke kommet frem til os selv {since}.",
        [
            Step("Vent med at sende flere beskeder."),
            Step("Bed driften af mailserveren om at finde prøvemailen i deres log."),
        ],
    ),
    Kind.BOUNCE_CANARY: AlarmRule(
        "Vi hører ikke om mails, der ikke kan afleveres",
        monitors.find_lost_bounce_canaries,
        ("mail er", "mails er"),
        "{number} ikke kommet retur {since}, selv om adressen ikke findes. Vi hører heller ikke om andre fejl.",
        [
            Step("Bed driften af mailserveren om at aflevere mails til vores returadresse."),
            Step("Regn ikke med, at mails er kommet frem, før fejlen er rettet."),
        ],
    ),
    Kind.BALANCE: AlarmRule(
        "Tallene stemmer ikke",
        monitors.find_wrong_sums,
        ("sum stemmer ikke", "summer stemmer ikke"),
        "{number}. Noget kan være tabt eller talt to gange.\n{words}",
        [
            Step("Send ikke flere beskeder, før det er undersøgt."),
            Step("Ring til udviklerne, og læs linjerne herover op."),
        ],
        is_hourly=True,
    ),
    Kind.HISTORY: AlarmRule(
        "Historikken skal undersøges",
        monitors.find_unchecked_history,
        ("", ""),
        "Historikken er måske ændret eller ikke kontrolleret. {words}",
        [
            Step("Gem teksten herover, og rør ikke ved databasen."),
            Step("Bed driften om at gemme en kopi af databasen og en ældre sikkerhedskopi."),
            Step("Spørg driften, hvem der har arbejdet i databasen, og ring til udviklerne."),
        ],
        ends_by_itself=False,
        is_hourly=True,
    ),
    Kind.LETTERS: AlarmRule(
        "Breve mangler",
        monitors.find_missing_letters,
        ("brev er", "breve er"),
        "{words}\n{number} på listen over breve, der mangler.",
        [
            Step("Se, hvilke breve det er, og hvad de har til fælles.", "Gå til sporing", "channels"),
            Step("Ring til leverandøren, og spørg, hvad der er sket med brevene."),
            Step("Er brevene væk, så opret en hændelse."),
        ],
    ),
    Kind.SEARCH: AlarmRule(
        "Systemet leder ikke efter breve, der mangler",
        monitors.find_stopped_search,
        ("", ""),
        "Systemet har ikke ledt efter manglende breve {since}. Breve, der forsvinder nu, bliver ikke opdaget.",
        [Step(ASK_OPERATIONS), Step("Systemet leder videre, når programmet kører igen.")],
    ),
    Kind.RESTORED: AlarmRule(
        "Systemet spørger, før det sender igen",
        None,
        ("mail venter", "mails venter"),
        "Databasen er genskabt fra en sikkerhedskopi eller flyttet. {number}, og nogle kan være sendt allerede. "
        "Systemet har sat alle mails på pause.",
        [
            Step("Spørg driften, om databasen er genskabt, og fra hvornår."),
            Step("Bed driften af mailserveren om at finde mails, vi har sendt siden."),
            Step("Fortsæt mailene, når I ved, hvad der er sendt.", "Gå til beskeder", "notices"),
        ],
        ends_by_itself=False,
    ),
}


@dataclass(frozen=True)
class ShownAlarm:
    alarm: Alarm
    title: str
    description: str
    steps: list[Step]

    def mail_text(self, now: datetime) -> str:
        """Return the text of the mail to the watch address, without any letter or person. The subject has the title."""
        repeat_sentence = "" if self.alarm.raised_at == now else " Ingen har taget alarmen."
        with addresses_under(None):  # an alarm is about all mail
            todo = "".join(step.as_text(number) for number, step in enumerate(self.steps, start=1))
            return (
                f"{self.description}\n\n"
                f"Alarmen slog til {danish.moment(self.alarm.raised_at)}.{repeat_sentence}\n\n"
                f"Næste skridt:\n{todo}\nTag alarmen:\n{settings.SITE_URL}{reverse('alarms')}\n"
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
