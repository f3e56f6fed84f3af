"""Recipients without their numbers: a keyed hash to match by, a short code to tell them apart by.

SEPO addresses are CPR numbers. A plain hash of one can be guessed in seconds, so it is an HMAC under a secret.
"""

import hmac
import unicodedata

from django.conf import settings

from sepo_incident import cpr

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O and Q
_DIGITS = "23456789"


def normalise(address: str) -> str:
    """One spelling per recipient: the ten digits where there is a CPR number, else the address in lower case."""
    address = unicodedata.normalize("NFKC", address).strip().casefold()
    return cpr.digits(address) or address


def recipient_key(address: str) -> str:
    """HMAC-SHA256 of the address as 64 hex digits; "" for no address."""
    value = normalise(address)
    if not value:
        return ""
    return hmac.digest(settings.RECIPIENT_HASH_KEY.encode(), value.encode(), "sha256").hex()


def recipient_code(key: str) -> str:
    """«K7F»: letter, digit, letter, the same for letters to the same recipient; "" for no key."""
    if not key:
        return ""
    number, last = divmod(int(key[:12], 16), len(_LETTERS))
    number, middle = divmod(number, len(_DIGITS))
    return _LETTERS[number % len(_LETTERS)] + _DIGITS[middle] + _LETTERS[last]
