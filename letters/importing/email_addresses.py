"""E-mail addresses in cells: the address without the text that programs and people put around.

Pure functions.
"""

import re

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
        return "Der står mere end én e-mail. Skriv kun én."
    if not at:
        return "E-mailen er ikke hel. Der mangler et @."
    if "." not in domain:
        return "E-mailen er ikke hel. Slutningen mangler."
    if not address.isascii():
        return "E-mailen har tegn, som en mailadresse ikke kan have. Brug ikke æ, ø og å."
    return "E-mailen er ikke hel. Ret den." if name else "E-mailen er ikke hel. Begyndelsen mangler."
