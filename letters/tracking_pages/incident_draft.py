"""What an alarm's page says of its incident: the words of the draft, and the next step."""

from typing import NamedTuple

from django.urls import reverse

from letters.incident_kinds import Fault
from letters.incidents import addresses_under
from letters.models import Incident, Leg, SilenceSign
from letters.tracking.drafted_incidents import Draft
from letters.tracking_pages.alarm_sentences import AlarmShown, SignShown
from sepo_incident.core import danish

#: What went wrong with the letters, as far as it is proven.
REFUSED = Fault(
    "blev afvist",
    "Brevet blev afvist, før det kom frem til modtageren.",
    "Brevene blev afvist, før de kom frem til modtagerne.",
)
NOT_HANDED_OVER = Fault(
    "er ikke afleveret",
    "Brevet er godkendt, men vi kan ikke se, at det er afleveret.",
    "Brevene er godkendt, men vi kan ikke se, at de er afleveret.",
)
NO_RECEIPT = Fault(
    "mangler kvittering",
    "Vi har ingen kvittering for, at brevet er kommet frem.",
    "Vi har ingen kvittering for, at brevene er kommet frem.",
)
WHY_REFUSED = "Vi ved ikke, hvorfor brevene bliver afvist."
WHETHER_DELAYED = "Vi ved ikke, om brevene er standset eller kun forsinkede."


class DraftStep(NamedTuple):
    """The next step about the incident of an alarm. `joined`: an incident to add the letters to instead."""

    text: str
    url: str = ""
    link: str = ""
    button: str = ""
    joined: Incident | None = None
    join_button: str = ""


def write_draft(shown: AlarmShown) -> Draft:
    """Return what the alarm's signs say."""
    sign = shown.first.sign if shown.first else None
    fault = NO_RECEIPT
    if sign and sign.kind == SilenceSign.Kind.REFUSED:
        fault = REFUSED
    elif sign and sign.leg and sign.leg.kind == Leg.Kind.HANDOVER:
        fault = NOT_HANDED_OVER
    cause = "\n".join(map(_describe_sign, shown.signs)) or shown.title
    return Draft(shown.title, fault, cause, WHY_REFUSED if fault is REFUSED else WHETHER_DELAYED, shown.since)


def _describe_sign(shown: SignShown) -> str:
    since = f"siden {danish.moment(shown.sign.since)}."
    return (
        f"{shown.sentence} {shown.where}, {since}"
        if shown.sign.leg
        else f"{shown.sentence} {danish.capitalized(since)}"
    )


def next_step(shown: AlarmShown, to_add: int, joined: Incident | None) -> DraftStep:
    """Return the step. `to_add`: missing letters that the incident lacks. `joined`: an open incident of the channel."""
    alarm, letters = shown.alarm, danish.count(to_add, "brev", "breve")
    if alarm.incident:
        with addresses_under(alarm.incident):
            url = reverse("incident")
        name, link = f"hændelsen »{alarm.incident}«", "Åbn hændelsen"
        if not to_add:
            return DraftStep(f"Alarmens breve er i {name}.", url, link)
        lacking = f"{letters} fra alarmen er ikke i {name} endnu."
        if alarm.incident.is_closed:
            return DraftStep(f"{lacking} Den er lukket. Åbn den igen, og tilføj dem.", url, link)
        return DraftStep(lacking, url, link, f"Tilføj {letters}")
    if alarm.is_false:
        return DraftStep("Alarmen var falsk, så den har ingen hændelse.", reverse("channels"), "Se kanalerne")
    if not to_add:
        lacking = "Ved du, at breve ikke er kommet frem, så opret en hændelse, og indlæs en liste over dem."
        return DraftStep(lacking, reverse("new_incident"), "Opret en hændelse uden breve")
    if joined:
        asked = f"Hændelsen »{joined}« er også om kanalen. Er det den samme fejl, så tilføj brevene til den."
        return DraftStep(asked, button="Opret en ny hændelse", joined=joined, join_button=f"Tilføj {letters}")
    return DraftStep(
        "Hændelsen får brevene med afsender, enhed og leder, hvor vi kender dem.",
        button=f"Opret hændelse med {letters}",
    )
