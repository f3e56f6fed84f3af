"""Texts of cells: what spreadsheets and mail programs leave in a cell, and the text that is meant. Pure functions."""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from html import unescape

from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA

# matches most texts; cleaning would not change such a text
_ALREADY_CLEAN = re.compile(r"[!-~æøåÆØÅ]+(?: [!-~æøåÆØÅ]+)*")

#: Errors as a file stores errors → as Excel shows errors in Danish
_DANISH_ERRORS = {
    "#N/A": "#I/T",
    "#REF!": "#REFERENCE!",
    "#VALUE!": "#VÆRDI!",
    "#NAME?": "#NAVN?",
    "#DIV/0!": "#DIVISION/0!",
    "#NULL!": "#NUL!",
    "#NUM!": "#NUM!",
    "#SPILL!": "#OVERLØB!",
    "#CALC!": "#BEREGN!",
    "#GETTING_DATA": "#HENTER_DATA",
}
_DANISH_ERROR_OF = {**_DANISH_ERRORS, **{danish: danish for danish in _DANISH_ERRORS.values()}}
#: First characters of the texts that `unwrap_excel_text` and `excel_error_message` may handle.
ARTIFACT_STARTS = ("#", "=", "'", "E", "F", "S", "M")

_LIBREOFFICE_ERROR = re.compile(r"(?:Err|Fejl):5\d\d")  # errors of LibreOffice, in English and in Danish
_POWERSHELL_TYPE = re.compile(r"(?:System|Microsoft)\.[\w.]+(?:\[\])?")  # a value that Export-Csv did not write out
_TRUNCATED_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)
#: «?» inside a word, as PowerShell writes æ, ø and å by default; allowed in a web address
_LOST_LETTER = re.compile(r"\ufffd|(?<=[a-zæøå])\?(?=[a-zæøå])", re.IGNORECASE)
_SIGNIFICANT = re.compile(r"[^\W_]")
_WORDS, _DIGIT = re.compile(r"[^\W\d_]{2}"), re.compile(r"\d")
_WRAPPED = re.compile(r'="([^"]*)"|\'([=+@\d-].*)')
_SUMS = re.compile(
    r"(?:i ?alt|totalt?|sum|subtotal|delsum|hovedtotal|grand total|antal(?: breve| i alt)?)\b[\s:.\d]*"
    r"|(?:sum af|subtotal|delsum|i alt) .*|.* (?:i alt|total)",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"=\?[\w-]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)  # RFC 2047
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[\da-f]{1,5}|[a-z]{2,8}\d?);", re.IGNORECASE)


def excel_error_message(text: str) -> str:
    """Return a Danish sentence on what to do about a cell that shows an error instead of a value, or «»."""
    if _LIBREOFFICE_ERROR.fullmatch(text):
        return f"Cellen viser fejlen {text}. Ret den i regnearket."
    if _POWERSHELL_TYPE.fullmatch(text):
        return f"Cellen viser {text} i stedet for en værdi. Hent listen igen fra Exchange med værdierne skrevet ud."
    if not text.startswith("#"):
        return ""
    if text.startswith(UNCALCULATED_FORMULA):
        return "Formlen er ikke regnet ud. Åbn og gem listen i Excel, og indlæs den igen."
    if shown := _DANISH_ERROR_OF.get(text.strip().upper()):
        return f"Cellen viser fejlen {shown}. Ret den i Excel."
    return ""


def is_truncated_number(text: str) -> bool:
    """Return whether the text is a long number that Excel has cut to the first digits: «1,23E+15»."""
    return "+" in text and bool(_TRUNCATED_NUMBER.fullmatch(text.strip()))


def has_lost_letter(text: str) -> bool:
    """Return whether a letter was lost to a wrong encoding: «S?ren»."""
    return ("?" in text or "\ufffd" in text) and bool(_LOST_LETTER.search(text)) and "://" not in text


def unwrap_excel_text(text: str) -> str:
    """Return the text meant by «="000123"», «'000123» and «'=1»: no zeros lost, no formula read."""
    wrapped = _WRAPPED.fullmatch(text)
    return (wrapped[1] or wrapped[2] or "") if wrapped else text


def clean_encoded_text(text: str) -> str:
    """Return the cleaned text meant by «=?utf-8?Q?H=C3=B8ring?=» (mails) and by «S&oslash;ren» (web pages)."""
    if "=?" in text and _ENCODED.search(text):
        with suppress(ValueError, LookupError, HeaderParseError):
            text = str(make_header(decode_header(text)))
    return clean_text(unescape(text) if "&" in text and _ENTITY.search(text) else text)


def is_note_row(cells: Sequence[str]) -> bool:
    """Return whether the row is a note, as «Kilde: SEPO» or «------». «B-1» may be the id of an incomplete letter."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if filled and not any(map(_SIGNIFICANT.search, filled)):
        return True
    return len(filled) == 1 and bool(_WORDS.search(filled[0])) and (" " in filled[0] or not _DIGIT.search(filled[0]))


def is_sum_row(cells: Sequence[str]) -> bool:
    """Return whether the row is a sum: the first text is like «I alt», and at most three cells are filled."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and len(filled) <= 3 and bool(_SUMS.fullmatch(filled[0]))


def clean_text(text: str) -> str:
    """Return the text on a single line: NFC, single spaces, no control, format or surrogate characters."""
    if not text or _ALREADY_CLEAN.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
#: Text around an address: a link of Access, a name before, a name after
_WRAPPERS = [
    re.compile(form)
    for form in (
        r"[^#]*#mailto:([^#]+)#?",
        r"[^<>]*<([^<>]+)>\W*",
        r"(\S+@\S+) ?\([^()]*\)",
        r"[^@]*[(\[]([^\s@]+@[^\s@]+)[)\]]",
        r"(\S+@\S+) [-/|] [^@]*",
        # at least a first and a last name; a single word may be the lost beginning of the address
        r"(?:[^\W\d_][\w.'-]* ){2,}(\S+@\S+)",
    )
]
_QUOTES = "'\"[]();,. "
_WORDS_FOR_NONE = {"<>", "-", "–", "ingen", "n/a", "na", "vakant", "ubesat"}
_X500_PREFIXES = ("/o=", "ex:/o=")  # internal addresses of Exchange; nobody outside can write to such an address


def is_email_address(text: str) -> bool:
    """Return whether the text is a single e-mail address, with or without text around."""
    return text[:1] != "<" and is_bare_email(extract_email(text))  # «<1@kk.dk>» is the id of a mail


def is_bare_email(address: str) -> bool:
    """Return whether the text is an e-mail address and nothing else."""
    return bool(_EMAIL.fullmatch(address)) and ".." not in address


def extract_email(text: str) -> str:
    """Return the address without the text that Outlook, Exchange and Access put around; «» for words that mean none."""
    text = text.lower()
    if text in _WORDS_FOR_NONE or text.startswith(_X500_PREFIXES):
        return ""
    for form in _WRAPPERS:
        if match := form.fullmatch(text):
            text = match[1]
    return text.strip(_QUOTES).removeprefix("smtp:").removeprefix("mailto:").strip()


def email_error(address: str) -> str:
    """Return a Danish sentence that says what is wrong with the address."""
    name, at, domain = address.rpartition("@")
    if address.count("@") > 1:
        return "Feltet har flere e-mails. Skriv kun én."
    if not at:
        return "E-mailen er ikke hel. Der mangler et @."
    if "." not in domain:
        return "E-mailen er ikke hel. Slutningen mangler."
    if not address.isascii():
        return "E-mailen har ugyldige tegn. Brug ikke æ, ø og å."
    return "E-mailen er ikke hel. Ret den." if name else "E-mailen er ikke hel. Begyndelsen mangler."
