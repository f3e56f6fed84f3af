"""The page *Er brevet kommet frem?* as one reader sees it."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from followups import deadlines, duties
from followups.arriving import standing
from followups.arriving.forms import ArrivalForm, TakeBackForm
from followups.arriving.retelling import retold
from followups.models import Arrival, FollowUp
from letters.models import Letter
from sepo_incident.accounts.models import User


class Line(NamedTuple):
    """One thing that was said; ``form`` takes it back, for who may and where it stands."""

    arrival: Arrival
    text: str
    form: TakeBackForm | None

    @property
    def has_file(self) -> bool:
        return has_file(self.arrival)


def may_say(reader: User, letter: Letter) -> bool:
    """Who may decide about it, also after the leader has confirmed."""
    is_asked = letter.may_be_read and letter.withdrawn_at is None and hasattr(letter, "followup")
    return is_asked and duties.may_decide(reader, letter)


def may_take_back(reader: User, letter: Letter, one: Arrival) -> bool:
    """Who may say so, and who said it; a file also where the letter is sent in another way since."""
    is_asked = letter.may_be_read and letter.withdrawn_at is None and (counts(one) or has_file(one))
    return is_asked and (one.by_id == reader.pk or may_say(reader, letter))


def has_file(one: Arrival) -> bool:
    """Of ``said_of``: one that is shown. Of what was withdrawn nobody is shown more than that it was."""
    return bool(one.file_sha256) and one.salt is not None and not hasattr(one, "taken_back")


def context(letter: Letter, reader: User, today: date, refused: TakeBackForm | None = None) -> dict[str, Any]:
    """``refused``: a form for taking back that was not filled in. One query."""
    followup: FollowUp | None = getattr(letter, "followup", None)
    said = list(said_of(followup)) if followup else []
    newest = next((one for one in said if counts(one)), None)
    may = may_say(reader, letter)
    return {
        "letter": letter,
        "arrival": standing.of(followup, newest, today) if followup else None,
        "is_sent_again": followup is not None and followup.is_sent_again,
        "newest": newest,
        "lines": [Line(one, _sentence(one, reader, letter), _form(one, letter, reader, refused)) for one in said],
        "may_say": may,
        "patience": standing.PATIENCE,
    }


def said_of(followup: FollowUp) -> list[Arrival]:
    """All that was said, newest first. One query."""
    return list(followup.arrivals.select_related("by", "on_behalf_of", "takes_back", "taken_back").order_by("-pk"))


def counts(one: Arrival) -> bool:
    """Of ``said_of``: does it stand? As ``ArrivalQuerySet.standing``."""
    is_about_it = one.remedy == one.followup.remedy
    return one.kind != Arrival.Kind.TAKEN_BACK and not hasattr(one, "taken_back") and is_about_it


def form_for(letter: Letter, data: Any = None, files: Any = None) -> ArrivalForm:
    newest = next((one for one in said_of(letter.followup) if counts(one)), None)
    return ArrivalForm(letter.followup, newest, deadlines.today(), data, files)


def _sentence(one: Arrival, reader: User, letter: Letter) -> str:
    who = "Du" if one.by_id == reader.pk else one.by.name
    behalf = f" (på vegne af {one.on_behalf_of.name})" if one.on_behalf_of else ""
    return f"{who}{behalf} {retold(one, may_read=letter.may_be_read)}"


def _form(one: Arrival, letter: Letter, reader: User, refused: TakeBackForm | None) -> TakeBackForm | None:
    if not may_take_back(reader, letter, one):
        return None
    return refused if refused is not None and refused.auto_id == f"tilbage-{one.pk}-%s" else TakeBackForm(one)
