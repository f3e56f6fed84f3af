"""What the rows of an uploaded file tell about letters, as `take_in` reads it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from letters import recipient_keys
from letters.importing.files import datetimes
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import LIST_HEADERS, HeaderTable, header_says_utc
from letters.tracking.take_in import APPROVED, HANDED_OVER, UnusableRow
from sepo_incident.core.danish import COPENHAGEN

_OF_LISTS = ("sent_at", "sent_time", "sender_name", "sender_email", "unit_name", "recipient", "subject")
# fmt: off
FILE_HEADERS = HeaderTable(
    ("source_ref", "Brev-id", "brev-id, brevnummer, brevnr, besked-id", "id, nr, nummer, løbenummer, løbenr"),
    ("channel", "Kanal", "kanal, channel"),
    ("approved_at", "Godkendt", "godkendt, godkendt den, godkendelsestidspunkt, approved, approved at"),
    *(column for column in LIST_HEADERS.columns if column.field in _OF_LISTS),
    ("size", "Størrelse", "størrelse, bytes, size, message size, total bytes"),
    ("status", "Status", "status, leveringsstatus, kvittering, delivery status, receipt status"),
    ("code", "Statuskode", "statuskode, transaktionsstatuskode, status code, code"),
    ("at", "Statussens tidspunkt", "statustidspunkt, kvitteringstidspunkt, kvitteret, leveret, transaktionsdatotid, "
     "delivered at, status at, at"),
    ("error", "Fejl", "fejl, fejltekst, fejlbesked, error"),
    ("message_uuid", "MessageUUID", "message uuid"),
    ("transmission_id", "TransmissionId", "transmission id"),
    ("shipment_id", "AfsendelseIdentifikator", "afsendelse identifikator, shipment id"),
    ("mail_id", "Message-ID", "message-id, internet message id, mail id",
     "message trace id, network message id, trace id"),
    ("stage", "Trin (approved eller handed_over)", "trin, stage"),
    ("known_at", "Kendt", "known at, received at"),
    fewest_known=2,
)
# fmt: on
TIMES = ("approved_at", "sent_at", "at", "known_at")
IDENTIFIERS = {"source_ref", "message_uuid", "transmission_id", "shipment_id", "mail_id"}
#: Fields that only a file of letters has. A file with statuses and none of these is a file of receipts.
ABOUT_LETTERS = {"approved_at", "sender_name", "sender_email", "unit_name", "recipient", "subject"}

type Said = dict[str, Any]


class FileRows:
    """Reads the rows of a file. `columns`: {field: index}. `channel`: of letters without a channel.

    `latest`: {channel: the newest time}.
    """

    def __init__(self, columns: Mapping[str, int], headers: Sequence[str], channel: str, now: datetime):
        self._columns, self._channel, self._now = columns, channel, now
        self._zones = {field: UTC if header_says_utc(headers[at]) else COPENHAGEN for field, at in columns.items()}
        self.has_letters = not columns.keys() & {"status", "code"} or bool(columns.keys() & ABOUT_LETTERS)
        self.latest: dict[str, datetime] = {}

    def read(self, cells: Sequence[str]) -> tuple[list[Said], list[Said]]:
        """Return (the stages of the row's letter, its receipt if there is one). Raises UnusableRow."""
        columns = self._columns.items()
        text = defaultdict(str, {field: clean_text(cells[at]) for field, at in columns if at < len(cells)})
        text["sent_at"] = datetimes.join_date_and_time(text["sent_at"], text["sent_time"])
        approved, sent, at, known = (self._time(text, field) for field in TIMES)
        if not self.has_letters:
            at, sent = at or sent, None
        elif not (approved or sent):
            raise UnusableRow("Rækken siger ikke, hvornår brevet er sendt.")
        if at and sent and at < sent and datetimes.clock_change_remark(text["at"]):
            at += timedelta(hours=1)  # the hour that came twice in October: no receipt comes before its letter
        letter = self._letter(text, approved or sent)
        stages = {APPROVED: approved, text["stage"] or HANDED_OVER: sent}
        letters = [
            letter | {"stage": stage, "sent_at": time, "known_at": self._known_at(letter["channel"], known or time)}
            for stage, time in stages.items()
            if time
        ]
        if self.has_letters and not text["status"] and not text["code"]:
            return letters, []
        newest = max((time for time in (approved, sent, at) if time), default=None)
        received_at = self._known_at(letter["channel"], known or newest)
        told = {field: text[field] for field in ("status", "code", "error")} | {"at": at, "received_at": received_at}
        return letters, [letter | told]

    def _letter(self, text: Mapping[str, str], first_at: datetime | None) -> Said:
        """Return what the row says of the letter, with an id that is the same whenever the row comes again.

        A mail to several people has a row for each, with one Message-ID. The receipt finds its letter by the id.
        """
        sender, subject = text["sender_email"] or text["sender_name"], text["subject"]
        source_id = text["source_ref"] or text["message_uuid"]
        if not source_id and self.has_letters:
            recipient_key = recipient_keys.hash_recipient(text["recipient"])
            source_id = recipient_keys.make_letter_id(first_at, text["mail_id"] or sender, recipient_key, subject)
        return {field: text[field] for field in ("message_uuid", "transmission_id", "mail_id", "recipient")} | {
            "id": source_id,
            "shipment_id": text["shipment_id"] or source_id,
            "channel": text["channel"] or self._channel,
            "sender": sender,
            "unit": text["unit_name"],
            "subject": subject,
            "size": text["size"].replace(".", "").replace(",", ""),
        }

    def _known_at(self, channel: str, at: datetime | None) -> datetime:
        """Return when we know what happened: at that time, also in a file of last month.

        The search learns from it how long letters take. If all were known when the file came, it would learn nothing.
        """
        known_at = min(at or self._now, self._now)
        self.latest[channel] = max(known_at, self.latest.get(channel, known_at))
        return known_at

    def _time(self, text: Mapping[str, str], field: str) -> datetime | None:
        try:
            return datetimes.parse_datetime(text[field], self._zones[field])[0] if text[field] else None
        except datetimes.UnreadableDate as problem:
            raise UnusableRow(f"{FILE_HEADERS.labels[field]}: {problem}") from None
