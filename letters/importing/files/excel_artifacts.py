"""What spreadsheets do to a list: cells that show an error, numbers cut short, rows that add up the others. Pure."""

import re
from collections.abc import Sequence
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from html import unescape

from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA

#: As a file keeps it, and as Excel shows it in Danish
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
TRUNCATED_NUMBER_MESSAGE = (
    "Excel har gjort nummeret til et tal og har mistet de sidste cifre. Gør kolonnen til tekst i Excel, "
    "og hent numrene igen."
)
#: Of every text that ``unwrapped`` and ``error_in`` may have something to say about; most have none.
ARTIFACT_STARTS = ("#", "=", "'", "E", "F", "S", "M")
LOST_LETTER_MESSAGE = "Et bogstav er gået tabt. Hent listen igen, og gem den som UTF-8 eller som .xlsx."
SUM_ROW_MESSAGE = "Rækken er en sum og ikke et brev. Den bliver ikke indlæst."
NOTE_ROW_MESSAGE = "Rækken er en note og ikke et brev. Den bliver ikke indlæst."
#: with or without what stands there
STRAY_TEXT_MESSAGE = "Der står noget uden for kolonnerne{}. Er der et semikolon for meget?"
REPEATED_HEADERS_MESSAGE = "Rækken gentager overskrifterne og er ikke et brev. Den bliver ikke indlæst."

_LIBREOFFICE_ERROR = re.compile(r"(?:Err|Fejl):5\d\d")  # LibreOffice's own, in English and in Danish
_POWERSHELL_TYPE = re.compile(r"(?:System|Microsoft)\.[\w.]+(?:\[\])?")  # a list that Export-Csv did not write out
_TRUNCATED_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)
#: «?» inside a word, as PowerShell writes æ, ø and å unless told otherwise; but not in an address of the web
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
    """What to do about a cell that shows an error of Excel instead of its value, or «»."""
    if _LIBREOFFICE_ERROR.fullmatch(text):
        return f"Cellen viser fejlen {text} og ikke en værdi. Ret den i regnearket."
    if _POWERSHELL_TYPE.fullmatch(text):
        return (
            f"Cellen viser {text} og ikke, hvad der står i den. Hent listen igen fra Exchange med værdierne skrevet ud."
        )
    if not text.startswith("#"):
        return ""
    if text.startswith(UNCALCULATED_FORMULA):
        return "Formlen i cellen er ikke regnet ud. Åbn listen i Excel, gem den, og indlæs den igen."
    if shown := _DANISH_ERROR_OF.get(text.strip().upper()):
        return f"Cellen viser fejlen {shown} og ikke en værdi. Ret den i Excel."
    return ""


def is_truncated_number(text: str) -> bool:
    """A long number of which Excel kept only the first digits: «1,23E+15»."""
    return "+" in text and bool(_TRUNCATED_NUMBER.fullmatch(text.strip()))


def has_lost_letter(text: str) -> bool:
    return ("?" in text or "\ufffd" in text) and bool(_LOST_LETTER.search(text)) and "://" not in text


def unwrap_excel_text(text: str) -> str:
    """What is meant by «="000123"» and «'000123», which keep Excel from taking away zeros, and by «'=1»: no formula."""
    wrapped = _WRAPPED.fullmatch(text)
    return (wrapped[1] or wrapped[2] or "") if wrapped else text


def decode_encoded_text(text: str) -> str:
    """What is meant by «=?utf-8?Q?H=C3=B8ring?=», as mails write it, and by «S&oslash;ren», as web pages do."""
    if "=?" in text and _ENCODED.search(text):
        with suppress(ValueError, LookupError, HeaderParseError):
            text = str(make_header(decode_header(text)))
    return unescape(text) if "&" in text and _ENTITY.search(text) else text


def is_note_row(cells: Sequence[str]) -> bool:
    """Words in one cell and nothing else, as «Kilde: SEPO» below a list; «B-1» may be the id of half a letter.

    Or a line: «------» in each of the cells.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if filled and not any(map(_SIGNIFICANT.search, filled)):
        return True
    return len(filled) == 1 and bool(_WORDS.search(filled[0])) and (" " in filled[0] or not _DIGIT.search(filled[0]))


def is_sum_row(cells: Sequence[str]) -> bool:
    """A row that adds up the others: its first words are «I alt», and it has little else."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and len(filled) <= 3 and bool(_SUMS.fullmatch(filled[0]))
