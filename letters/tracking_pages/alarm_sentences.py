"""What an alarm of silence says: what is wrong, where, since when, how sure it is, and what to do."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Prefetch, QuerySet

from letters.models import Leg, LegSlice, SilenceAlarm, SilenceSign
from letters.tracking.silence.detection import CHANNEL_ALARM
from sepo_incident.core import danish

Kind, Slice = SilenceSign.Kind, LegSlice.Kind
#: {kind: (what is wrong with the channel, with numbers)}. `goal`: what the letters of the leg wait for.
SENTENCES = {
    Kind.STOP: ("breve kommer ikke igennem", "{missing} venter på {goal}, og ingen kommer igennem."),
    Kind.PARTIAL: ("nogle breve mangler {goal}", "{missing} mangler {goal}. Det plejer at være {expected}."),
    Kind.SLOW: ("brevene er længe undervejs", "Brevene venter meget længere på {goal} end sædvanligt."),
    Kind.REFUSED: ("breve bliver afvist", "{missing} er afvist. Det plejer at være {expected}."),
    Kind.DEAD_FEED: (
        "vi får ikke oplysninger om breve",
        "Vi har ikke hørt om nogen breve. Der plejer at være {expected}.",
    ),
    Kind.DROP: ("breve, der plejer at komme, kommer ikke", "Der er ikke kommet breve. Der plejer at være {expected}."),
    Kind.REPORTED: ("breve er efterlyst", "{missing} er efterlyst på et døgn."),
}
GOALS = {Leg.Kind.HANDOVER: "aflevering", Leg.Kind.RECEIPT: "kvittering"}
SLICES = {
    Slice.CHANNEL: "Hele kanalen",
    Slice.UNIT: "Enheden {value}",
    Slice.SENDER: "Afsenderen {value}",
    Slice.SUBJECT: "Emnet »{value}«",
    Slice.SIZE: "Breve på {value} og derover",
    Slice.DOMAIN: "Modtagere hos {value}",
    Slice.CODE: "Afvist med »{value}«",
}
TEST_LETTER = "Send et prøvebrev til jer selv ad samme vej, og se, om det kommer frem."
CLOSE = "Er det ikke en fejl, så luk alarmen med en begrundelse."
SOURCE = "Spørg dem, der driver systemet, om det har sendt breve, og om det sender oplysningerne til os."
STEPS = {
    Kind.SLOW: [
        "Vent med at sende mange breve ad denne vej.",
        "Ring til leverandøren, og spørg, hvornår det er løst.",
        CLOSE,
    ],
    Kind.REFUSED: ["Læs, hvad brevene er afvist med.", "Ring til leverandøren, og læs teksten op.", CLOSE],
    Kind.DEAD_FEED: [SOURCE, TEST_LETTER, CLOSE],
    Kind.DROP: [SOURCE, TEST_LETTER, CLOSE],
    Kind.REPORTED: [
        "Læs efterlysningerne. Spørg dem, der har skrevet dem, hvis du mangler noget.",
        TEST_LETTER,
        "Ring til leverandøren, og bed dem finde et af brevene.",
        CLOSE,
    ],
}
STEPS_OF_MISSING = [TEST_LETTER, "Ring til leverandøren, og bed dem finde brevene på listen.", CLOSE]


class SignShown(NamedTuple):
    """A sign in words. `missing`, `usual`: letters, or None where the sign is not about a number."""

    sign: SilenceSign
    title: str
    sentence: str
    where: str
    how_sure: str
    missing: int | None
    usual: int | None


class AlarmShown(NamedTuple):
    """An alarm and its signs, the most surprising first: `first`."""

    alarm: SilenceAlarm
    title: str
    since: datetime
    first: SignShown | None
    signs: list[SignShown]
    steps: list[str]


def with_signs(alarms: QuerySet[SilenceAlarm]) -> QuerySet[SilenceAlarm]:
    signs = SilenceSign.objects.select_related("leg").order_by("-surprise", "pk")
    return alarms.select_related("channel", "closed_by", "incident").prefetch_related(Prefetch("signs", signs))


def show_alarms(alarms: QuerySet[SilenceAlarm]) -> list[AlarmShown]:
    """Return the alarms as pages show them. Two queries."""
    return [show_alarm(alarm) for alarm in with_signs(alarms)]


def show_alarm(alarm: SilenceAlarm) -> AlarmShown:
    signs = [_show_sign(sign) for sign in alarm.signs.all()]
    first = signs[0] if signs else None
    title = f"{alarm.channel_name}: {first.title if first else 'breve mangler'}"
    steps = STEPS.get(Kind(first.sign.kind), STEPS_OF_MISSING) if first else STEPS_OF_MISSING
    since = min((shown.sign.since for shown in signs), default=alarm.raised_at)
    return AlarmShown(alarm, title, since, first, signs, steps)


def _show_sign(sign: SilenceSign) -> SignShown:
    words = {
        "goal": GOALS[Leg.Kind(sign.leg.kind)] if sign.leg else "",
        "missing": danish.count(sign.missing, "brev", "breve"),
        "expected": danish.number(round(sign.expected)),
    }
    title, sentence = (text.format(**words) for text in SENTENCES[Kind(sign.kind)])
    usual = round(sign.expected) if sign.expected else None
    where, how_sure = "Ved vi ikke endnu", "Mindst to personer siger det"
    if sign.leg:
        where, how_sure = SLICES[Slice(sign.slice_kind)].format(value=sign.slice_value), _how_sure(sign.surprise)
    return SignShown(sign, title, sentence, where, how_sure, sign.missing or None, usual)


def _how_sure(surprise: float) -> str:
    """Return how sure the sign is. By chance it comes once in e^surprise times: 22.000 at the threshold."""
    if surprise >= 2 * CHANNEL_ALARM:
        return "Meget sikkert. Et tilfælde giver det højst én gang ud af 100 millioner."
    return "Sikkert. Et tilfælde giver det højst én gang ud af 20.000."
