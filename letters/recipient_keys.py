"""Recipients without CPR numbers: a keyed hash to match letters by, and a short code for people.

SEPO addresses are CPR numbers. A plain hash of a CPR number can be guessed in seconds, so the hash is an HMAC under a
secret.
"""

import hmac
import re
import unicodedata
from base64 import b32encode
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings

from sepo_incident.core import cpr

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O and Q
_DIGITS = "23456789"
_KEY_PATTERN = "[0-9a-f]{12,64}"
_KEY = re.compile(_KEY_PATTERN)
_CODES = len(_LETTERS) * len(_DIGITS) * len(_LETTERS)
#: SQL of the number of a key's code, as `code_number` returns it, or NULL for a key without a code.
CODE_NUMBER_SQL = (
    f"(CASE WHEN %(expressions)s ~ '^{_KEY_PATTERN}$' "
    f"THEN mod(('x' || left(%(expressions)s, 12))::bit(48)::bigint, {_CODES})::integer END)"
)


def normalise_address(address: str) -> str:
    """Return a single spelling per recipient: the ten digits of a CPR number, else the address in lower case."""
    if not address.isascii():
        address = unicodedata.normalize("NFKC", address)
    address = address.strip().casefold()
    return cpr.extract_cpr_digits(address) or address


def hash_recipient(address: str) -> str:
    """Return the HMAC-SHA256 of the address as 64 hex digits, or "" for an empty address."""
    value = normalise_address(address)
    return _digest(value).hex() if value else ""


def make_letter_id(sent_at: datetime | None, sender_email: str, recipient_key: str, subject: str) -> str:
    """Return a Brev-id for a letter of a list without Brev-ids; «» without a time. The same letter has the same id.

    The time counts to the minute, because a workbook shows no seconds. The id is keyed, so that nobody can guess the
    subject of a personnel case, and its digits are 2 to 7, so that the id never looks like a CPR number.
    """
    if not sent_at:
        return ""
    facts = (f"{sent_at.astimezone(UTC):%Y-%m-%d %H:%M}", sender_email, recipient_key, subject)
    return f"L-{b32encode(_digest(chr(10).join(facts))[:10]).decode()}"


def _digest(value: str) -> bytes:
    digest = _create_hmac(settings.RECIPIENT_HASH_KEY).copy()
    digest.update(value.encode())
    return digest.digest()


@lru_cache(maxsize=1)
def _create_hmac(key: str) -> hmac.HMAC:
    """Return an HMAC to copy.

    A long list has a million recipients, and taking in the key is most of the work.
    """
    return hmac.new(key.encode(), digestmod="sha256")


def short_recipient_code(key: str) -> str:
    """Return a code of letter, digit and letter, for example «K7F».

    Letters to the same recipient have the same code. Return "" for an empty or erased key.
    """
    if not _KEY.fullmatch(key):
        return ""
    number, last = divmod(int(key[:12], 16), len(_LETTERS))
    number, middle = divmod(number, len(_DIGITS))
    return _LETTERS[number % len(_LETTERS)] + _DIGITS[middle] + _LETTERS[last]


def code_number(code: str) -> int | None:
    """Return the number of a code such as «K7F» or «k7f», or None if the text is no code."""
    if len(code) != 3:  # letter, digit, letter
        return None
    first, middle, last = _LETTERS.find(code[0].upper()), _DIGITS.find(code[1]), _LETTERS.find(code[2].upper())
    if -1 in (first, middle, last):
        return None
    return (first * len(_DIGITS) + middle) * len(_LETTERS) + last
