"""What an attacker types, and which names of fields and parameters the site reads."""

import re
from itertools import chain

from django.conf import settings

from tests.letters.awkward.hostile_cells import CPR, HOSTILE

NUMBERS = ["-1", "0", "9" * 30, "9" * 5000, "٣", "1e9", "0x10", "NaN", "", "2147483648", str(2**63), "9" * 18, "1,5"]
#: Template code that shows as 62615533, markup that leaves an attribute, a formula, and a header of a mail.
PLANTED = '=1+1"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7919*7907 }}\r\nBcc: ond@ond.example'
#: A query with a CPR number is redirected before the page sees it.
QUERIES = [text for text in [*HOSTILE, *NUMBERS] if not any(number in text for number in CPR)]
TEXTS = [*HOSTILE, *NUMBERS, "x" * 65_536, PLANTED]


def read_names(method: str) -> list[str]:
    """Return the names that the code reads from `request.GET` or `request.POST`."""
    folders = ("letters", "followups", "notifications", "sepo_incident")
    files = chain.from_iterable((settings.BASE_DIR / folder).rglob("*.py") for folder in folders)
    pattern = re.compile(rf'\b{method}(?:\.get|\.getlist)?[(\[]\s*"([\w-]+)"|"([\w-]+)" in request\.{method}')
    return sorted({name for file in files for found in pattern.findall(file.read_text()) for name in found if name})
