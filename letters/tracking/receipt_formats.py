"""Read one receipt as a system delivers it: Beskedfordeler's push, PKO_PostStatus, or next-generation Digital Post.

A receipt is read whole, or refused with a Danish sentence. XML is read without entities, without a DTD and without the
network.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from letters.tracking.receipt_codes import agreed_status
from sepo_incident.core import cpr
from sepo_incident.core.danish import COPENHAGEN

#: A receipt is some kilobytes, and a push with its envelope some tens.
MAX_BYTES = 1_000_000
MAX_LENGTH = 500
BESKEDFORDELER, PKO, NGDP, OTHER = "beskedfordeler", "pko", "ngdp", "other"
#: Encoding that an XML declaration names -> Python's. Any other is read as ASCII.
ENCODINGS = {"utf-8": "utf-8-sig", "iso-8859-1": "latin-1", "windows-1252": "cp1252", "iso-8859-15": "iso-8859-15"}
#: {column of `ReadReceipt`: name in the message}
IDENTIFIERS = {
    "message_uuid": "messageuuid",
    "transmission_id": "transmissionid",
    "message_id": "messageid",
    "shipment_id": "afsendelseidentifikator",
}
SEVERAL = "Filen har flere beskeder. Del den, så hver fil har én."

#: {name of an element or a key, in lower case: its different values}
type Fields = dict[str, list[str]]


class Unreadable(Exception):
    """The message is no receipt that can be read. The text is a Danish sentence for people."""


class ReadReceipt(NamedTuple):
    """What a receipt says. With a `problem` it says nothing, and the letter is not delivered.

    `at`: when it happened according to the mail system, ISO 8601; Danish time where the receipt has no zone.
    """

    format: str
    message_uuid: str = ""
    transmission_id: str = ""
    message_id: str = ""
    shipment_id: str = ""
    status: str = ""
    final: bool = False
    delivered: bool = False
    error: str = ""
    at: str = ""
    problem: str | None = None


def read_receipt(data: bytes) -> ReadReceipt:
    """Return the receipt in the message. A message that is no receipt gives a receipt with a `problem`."""
    return _Reader().read_or_refuse(data)


def read_push(data: bytes) -> tuple[str, ReadReceipt]:
    """Return the BeskedId of Beskedfordeler's message, "" if it has none, and the receipt in the message."""
    reader = _Reader()
    receipt = reader.read_or_refuse(data)
    return reader.pushed_id, receipt


class _Reader:
    """Reads one message. `format` is set as soon as it is known, and so are `codes`, the status codes on the envelope,
    and `pushed_id`, its BeskedId.
    """

    def __init__(self) -> None:
        self.format = OTHER
        self.codes: list[str] = []
        self.pushed_id = ""

    def read_or_refuse(self, data: bytes) -> ReadReceipt:
        try:
            return self.read(data)
        except Unreadable as problem:
            return ReadReceipt(self.format, problem=str(problem))

    def read(self, data: bytes) -> ReadReceipt:
        if len(data) > MAX_BYTES:
            raise Unreadable("Filen er for stor til at være en kvittering.")
        text = _decode(data)
        if not text:
            raise Unreadable("Filen er tom.")
        fields = _collect(self._leaves_of_json(text) if text[0] in "{[" else self._leaves_of_xml(text))
        if self.format == OTHER:
            self.format = NGDP if "receiptstatus" in fields else PKO if "transaktionsstatuskode" in fields else OTHER
        if self.format == OTHER:
            raise Unreadable("Filen er ikke en kvittering, vi kender.")
        return self._receipt(fields)

    def _receipt(self, fields: Fields) -> ReadReceipt:
        identifiers = {column: masked_identifier(_single(fields, name)) for column, name in IDENTIFIERS.items()}
        if not any(identifiers.values()):
            raise Unreadable("Kvitteringen siger ikke, hvilket brev den er om.")
        said = _single(fields, "receiptstatus" if self.format == NGDP else "transaktionsstatuskode")
        if not said:
            raise Unreadable("Kvitteringen siger ikke, hvad der skete med brevet.")
        errors = [_single(fields, name) for name in ("fejlkode", "errorcode", "fejltekst", "errormessage")]
        error = " ".join(one for one in errors if one.strip("0"))
        status = agreed_status([said, *self.codes], has_error=bool(error))
        return ReadReceipt(
            self.format,
            status=masked_text(status.name),
            final=status.is_final,
            delivered=status.is_delivered,
            error=masked_text(error),
            at=_moment(_single(fields, "transaktionsdatotid") or _single(fields, "timestamp")),
            **identifiers,
        )

    # --- JSON -----------------------------------------------------------------------------------------------------

    def _leaves_of_json(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value) of the only object. A key that stands twice is yielded twice."""
        try:
            top = json.loads(text, object_pairs_hook=_Pairs)
        except json.JSONDecodeError as problem:
            raise Unreadable(SEVERAL if problem.msg == "Extra data" else "Filen er ikke gyldig JSON.") from None
        except (ValueError, RecursionError):
            raise Unreadable("Filen er ikke gyldig JSON.") from None
        if not isinstance(top, _Pairs):
            if len(top) > 1:
                raise Unreadable(SEVERAL)
            top = _Pairs(("", one) for one in top)
        waiting: list[tuple[str, Any]] = list(top)
        while waiting:
            key, value = waiting.pop()
            if isinstance(value, _Pairs):
                waiting.extend(value)
            elif isinstance(value, list):
                waiting.extend((key, one) for one in value)
            elif value is not None:
                yield key.lower(), str(value)

    # --- XML ------------------------------------------------------------------------------------------------------

    def _leaves_of_xml(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (name, text) of the elements of the only receipt, and keep the codes of its envelope."""
        root = _parse_xml(text.encode() if "<" in text else _decode_base64(text))
        if envelopes := _find(root, "haendelsesbesked"):
            self.format = BESKEDFORDELER
            root = self._open_envelope(_only(envelopes))
        if receipts := _find(root, "pko_poststatus"):
            root = _only(receipts)
            self.format = BESKEDFORDELER if envelopes else PKO
        elif envelopes:
            raise Unreadable("Beskeden er af en anden type end PKO_PostStatus.")
        for element in root.iter("{*}*"):
            if not len(element):
                yield _name(element), element.text or ""

    def _open_envelope(self, envelope: etree._Element) -> etree._Element:
        if ids := _find(envelope, "beskedid"):
            self.pushed_id = masked_identifier("".join(ids[0].itertext()).strip())
        actions = _find(envelope, "objekthandling")
        self.codes = [code.text or "" for action in actions for code in _find(action, "uuididentifikator")]
        content = _find(envelope, "base64") + _find(envelope, "pko_poststatus")
        if not content:
            raise Unreadable("Beskeden har ingen kvittering i sig.")
        inner = _only(content)
        return _parse_xml(_decode_base64(inner.text or "")) if _name(inner) == "base64" else inner


class _Pairs(list[tuple[str, Any]]):
    """A JSON object whose repeated keys are kept."""


def _decode(data: bytes) -> str:
    """Return the text of the file, without the XML declaration, which names an encoding."""
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w.-]+)", data)
    named = declared[1].decode("ascii", "replace").lower() if declared else "utf-8"
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ENCODINGS.get(named)
    try:
        text = data.decode(encoding or "ascii")
    except UnicodeError:
        raise Unreadable("Filens tegn kan ikke læses.") from None
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text.replace("\0", "")).strip()


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("Indholdet er hverken XML, JSON eller base64.") from None


def _parse_xml(text: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("Filen er ikke gyldig XML med én besked.") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("Filen har en DTD. Det har ingen kvittering.")
    return root


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname).lower()


def _find(root: etree._Element, name: str) -> list[etree._Element]:
    return [one for one in root.iter("{*}*") if _name(one) == name]


def _only(elements: list[etree._Element]) -> etree._Element:
    if len(elements) > 1:
        raise Unreadable(SEVERAL)
    return elements[0]


# --- Values -------------------------------------------------------------------------------------------------------


def _collect(leaves: Iterable[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in leaves:
        known = fields.setdefault(name, [])
        if value.strip() and value.strip() not in known:
            known.append(value.strip())
    return fields


def _single(fields: Fields, name: str) -> str:
    values = fields.get(name, [])
    if len(values) > 1:
        raise Unreadable(f"Kvitteringen siger {name} på flere måder.")
    return values[0] if values else ""


_UUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)


def masked_identifier(text: str) -> str:
    """Return the identifier. A UUID is never a CPR number; anything else might have one in it."""
    return text if not text or _UUID.fullmatch(text) else masked_text(text, 200)


@lru_cache(maxsize=4096)  # channels, units and senders come again and again
def masked_text(text: str, length: int = MAX_LENGTH) -> str:
    """Return the beginning of the text in one line, without CPR numbers and without half characters of JSON."""
    if not text:
        return ""
    whole = text[: 4 * MAX_LENGTH].replace("\0", " ").encode("utf-8", "replace").decode()
    return cpr.mask(" ".join(whole.split()))[:length]


def parse_moment(text: str) -> datetime:
    """Return the time of an ISO 8601 text, Danish time where the text has no zone. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=COPENHAGEN)


def _moment(text: str) -> str:
    try:
        return parse_moment(text).isoformat() if text else ""
    except ValueError:
        raise Unreadable("Kvitteringens tidspunkt kan ikke læses.") from None
