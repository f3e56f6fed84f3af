"""What was said of a letter's arrival, as the end of a Danish sentence: «skrev, at brevet blev sendt …»."""

from __future__ import annotations

from followups.models import Arrival
from sepo_incident import danish

Kind = Arrival.Kind


def retold(said: Arrival, *, may_read: bool) -> str:
    """Without ``may_read`` (a personnel case) nothing that somebody typed, and no file's name; nor is a file named that
    was withdrawn. Fetch it with ``takes_back`` and ``taken_back``."""
    words = f": »{said.text}«" if said.text and may_read else "."
    if said.takes_back:
        took = "trak filen tilbage, som skulle vise," if said.takes_back.file_sha256 else "tog tilbage,"
        return f"{took} {_what(said.takes_back)}{words}"
    is_shown = said.file_name and may_read and not hasattr(said, "taken_back")
    file = f" (filen {said.file_name})" if is_shown else ""
    return f"{VERBS[Kind(said.kind)]} {_what(said)}{file}{words}"


def of_file(said: Arrival) -> str:
    """«Logudtræk eller skærmbillede, lagt onsdag den 15. januar 2020 kl. 9.30 af Karen Holm»"""
    what = danish.capitalized(said.get_kind_display())
    cut = f" (kun billedet; den valgte fils SHA-256: {said.original_sha256})" if said.original_sha256 else ""
    return f"{what}, lagt {danish.moment(said.at)} af {said.by.name}{cut}"


VERBS = {
    Kind.SENT: "skrev,",
    Kind.RECEIPT: "fik en kvittering for,",
    Kind.FILE: "gav et bevis for,",
    Kind.STATEMENT: "erklærede,",
}


def _what(said: Arrival) -> str:
    """«at brevet, sendt den 9. januar 2020 (brevpost), er kommet frem den 10. januar 2020»"""
    sent = f"den {danish.date(said.sent_on)} ({said.get_way_display()})" if said.sent_on else ""
    if said.has_arrived is None:
        return f"at brevet blev sendt {sent}"
    if not said.has_arrived:
        return f"at brevet, sendt {sent}, ikke er kommet frem"
    arrived = f" den {danish.date(said.arrived_on)}" if said.arrived_on else ""
    return f"at brevet, sendt {sent}, er kommet frem{arrived}"
