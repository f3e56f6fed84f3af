"""KIT's way through an incident, step by step, with the numbers as they are. Figures only: no letter is shown here."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Q
from django.urls import reverse

from followups.figures import UNDECIDED
from letters.models import Incident, Letter
from sepo_incident import danish


class Step(NamedTuple):
    """One line of the list; ``opens`` is how many follow-ups a button there would open."""

    title: str
    text: str
    is_done: bool
    url: str = ""
    action: str = ""
    opens: int = 0


def steps(incident: Incident) -> list[Step]:
    """Two queries. All letters count, whoever may see them."""
    letters = Letter.objects.filter(incident=incident).standing()
    counted = letters.aggregate(
        letters=Count("pk"),
        unopened=Count("pk", filter=Q(followup=None)),
        undecided=Count("pk", filter=UNDECIDED),
        senders=Count("sender", distinct=True),
    )
    counted["lacking"] = letters.without_owner().count()
    return [_imported(counted), _assigned(counted), _opened(counted), _noticed(counted), _followed_up(counted)]


def _imported(counted: dict[str, int]) -> Step:
    letters = counted["letters"]
    text = f"{_letters(letters)} er indlæst." if letters else "Der er ikke indlæst breve endnu."
    return Step("Indlæs listen", text, bool(letters), reverse("imports"), "Gå til indlæsning")


def _assigned(counted: dict[str, int]) -> Step:
    lacking = counted["lacking"]
    text = f"{_letters(lacking)} mangler afsender eller leder." if lacking else "Alle breve har en ansvarlig."
    if not counted["letters"]:
        return Step("Find ansvarlige", "Det kan du se, når listen er indlæst.", False)
    return Step("Find ansvarlige", text, not lacking, reverse("unassigned"), "Se de breve" if lacking else "")


def _opened(counted: dict[str, int]) -> Step:
    unopened, letters = counted["unopened"], counted["letters"]
    if not letters:
        return Step("Åbn opfølgningen", "Så kan afsenderne beslutte, hvad der skal ske.", False)
    text = (
        f"{_letters(unopened)} er ikke åbnet endnu. Når du åbner, kan afsenderne beslutte, hvad der skal ske."
        if unopened
        else f"Opfølgningen er åben for {_letters(letters)}."
    )
    return Step("Åbn opfølgningen", text, not unopened, opens=unopened)


def _noticed(counted: dict[str, int]) -> Step:
    senders = danish.count(counted["senders"], "afsender", "afsendere")
    text = f"Hver af de {senders} får én mail med sine breve, og lederen får en kopi."
    if not counted["senders"]:
        text = "Hver afsender får én mail med sine breve, og lederen får en kopi."
    return Step("Send varsler", text, False, reverse("notices"), "Gå til varsler")


def _followed_up(counted: dict[str, int]) -> Step:
    undecided, letters = counted["undecided"], counted["letters"]
    text = f"{danish.number(undecided)} af {_letters(letters)} mangler en beslutning." if undecided else ""
    if letters and not undecided:
        text = "Alle breve har en beslutning."
    return Step(
        "Følg op",
        text or "Her ser du, hvor langt forvaltningerne er.",
        bool(letters) and not undecided,
        "#forvaltninger",
        "Se forvaltningerne",
    )


def _letters(number: int) -> str:
    return danish.count(number, "brev", "breve")
