"""Read model of the page *Er brevet kommet frem?* for a reader, and the Danish sentences about arrivals."""

from typing import Any, NamedTuple

from followups.arrival.forms import ArrivalForm, TakeBackArrivalForm
from followups.models import Arrival, FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.rules import letter_state, rights
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish

ArrivalKind = Arrival.Kind


def arrival_sentence(arrival: Arrival, *, may_read: bool) -> str:
    """Return the arrival as the end of a Danish sentence: «skrev, at brevet blev sendt …».

    Without `may_read` (a personnel case) the typed text and the file name are left out. The name of a withdrawn
    file is always left out. Fetch the arrival with `takes_back` and `taken_back`.
    """
    words = f": »{arrival.text}«" if arrival.text and may_read else "."
    if arrival.kind == ArrivalKind.DISPUTED:
        return f"fik uenige kvitteringer og spørger, om brevet er kommet frem{words}"
    if arrival.takes_back:
        took = "trak filen tilbage, som skulle vise," if arrival.takes_back.file_sha256 else "trak tilbage,"
        return f"{took} {_arrival_clause(arrival.takes_back)}{words}"
    is_shown = arrival.file_name and may_read and not arrival.is_taken_back
    file = f" (filen {arrival.file_name})" if is_shown else ""
    return f"{VERBS_BY_KIND[ArrivalKind(arrival.kind)]} {_arrival_clause(arrival)}{file}{words}"


def proof_file_label(arrival: Arrival) -> str:
    """Return «Logudtræk eller skærmbillede, lagt onsdag den 15. januar 2020 kl. 9.30 af Karen Holm»."""
    what = danish.capitalized(arrival.get_kind_display())
    cut = f" (kun billedet; den valgte fils SHA-256: {arrival.original_sha256})" if arrival.original_sha256 else ""
    return f"{what}, lagt {danish.moment(arrival.at)} af {arrival.by}{cut}"


VERBS_BY_KIND = {
    ArrivalKind.SENT: "skrev,",
    ArrivalKind.FILE: "gav et bevis for,",
    ArrivalKind.STATEMENT: "erklærede,",
    ArrivalKind.RECEIPT: "fik en kvittering for,",
    ArrivalKind.REFUSED: "fik en kvittering for,",
}


def _arrival_clause(arrival: Arrival) -> str:
    """Return «at brevet, sendt den 9. januar 2020 (brevpost), er kommet frem den 10. januar 2020»."""
    sent = f"den {danish.date(arrival.sent_on)} ({arrival.get_way_display()})" if arrival.sent_on else ""
    if arrival.has_arrived is None and arrival.kind != ArrivalKind.REFUSED:
        return f"at brevet blev sendt {sent}"
    if not arrival.has_arrived:
        return f"at brevet, sendt {sent}, ikke er kommet frem"
    arrived = f" den {danish.date(arrival.arrived_on)}" if arrival.arrived_on else ""
    return f"at brevet, sendt {sent}, er kommet frem{arrived}"


class ArrivalLine(NamedTuple):
    """Arrival on the page. `form` takes the arrival back; None where the reader may not."""

    arrival: Arrival
    text: str
    form: TakeBackArrivalForm | None

    @property
    def has_file(self) -> bool:
        return has_shown_file(self.arrival)


def may_report_arrival(reader: User, letter: Letter) -> bool:
    """Return whether the reader may report an arrival: whoever may decide, also after confirmation."""
    is_reportable = letter.accepts_changes and followup_of(letter) is not None
    return is_reportable and rights.has_right(reader, rights.can_decide, letter)


def may_take_back_arrival(reader: User, letter: Letter, arrival: Arrival, *, may_report: bool) -> bool:
    """Return whether the reader may take the arrival back.

    The reader must be the person who reported, or be allowed to report arrivals (`may_report`). The arrival must be
    active, or have a file that is shown, even if the letter was sent in another way since.
    """
    is_retractable = (
        letter.reader_may_read and letter.accepts_changes and (is_active_arrival(arrival) or has_shown_file(arrival))
    )
    return is_retractable and (arrival.by_id == reader.pk or may_report)


def has_shown_file(arrival: Arrival) -> bool:
    """Return whether the arrival has a file that is not erased and not withdrawn. Fetch as `arrivals_of` does."""
    return bool(arrival.file_sha256) and arrival.salt is not None and not arrival.is_taken_back


def arrival_page_context(letter: LetterRow, reader: User, refused: TakeBackArrivalForm | None = None) -> dict[str, Any]:
    """Return the template context of the page. One query.

    `refused`: a submitted form for taking back that has errors.
    """
    followup: FollowUp | None = getattr(letter, "followup", None)
    said = list(arrivals_of(followup)) if followup else []
    newest = next((one for one in said if is_active_arrival(one)), None)
    may = may_report_arrival(reader, letter)
    return {
        "letter": letter,
        "arrival": letter.arrival,
        "is_sent_again": followup is not None and followup.is_sent_again,
        "newest": newest,
        "lines": [
            ArrivalLine(one, _line_sentence(one, reader, letter), _take_back_form(one, letter, reader, refused, may))
            for one in said
        ],
        "may_say": may,
        "proof_patience_days": letter_state.PROOF_PATIENCE_DAYS,
    }


def arrivals_of(followup: FollowUp) -> list[Arrival]:
    """Return all arrivals of the follow-up, newest first. One query."""
    return list(followup.arrivals.select_related("by", "on_behalf_of", "takes_back", "taken_back").order_by("-pk"))


def is_active_arrival(arrival: Arrival) -> bool:
    """Return whether `ArrivalQuerySet.active` would match the arrival. Fetch as `arrivals_of` does."""
    is_about_it = arrival.remedy == arrival.followup.remedy
    return arrival.kind != Arrival.Kind.TAKEN_BACK and not arrival.is_taken_back and is_about_it


def arrival_form_for(letter: LetterRow, data: Any = None, files: Any = None) -> ArrivalForm:
    """Return the form for the letter, unbound without `data`."""
    newest = next((one for one in arrivals_of(letter.followup) if is_active_arrival(one)), None)
    return ArrivalForm(letter, newest, calendar.today(), data, files)


def _line_sentence(arrival: Arrival, reader: User, letter: Letter) -> str:
    who = arrival.by.name if arrival.by else "Systemet"
    who = "Du" if arrival.by_id == reader.pk else who
    behalf = f" (på vegne af {arrival.on_behalf_of.name})" if arrival.on_behalf_of else ""
    return f"{who}{behalf} {arrival_sentence(arrival, may_read=letter.reader_may_read)}"


def _take_back_form(
    arrival: Arrival, letter: Letter, reader: User, refused: TakeBackArrivalForm | None, may_report: bool
) -> TakeBackArrivalForm | None:
    if not may_take_back_arrival(reader, letter, arrival, may_report=may_report):
        return None
    return (
        refused
        if refused is not None and refused.auto_id == f"tilbage-{arrival.pk}-%s"
        else TakeBackArrivalForm(arrival)
    )
