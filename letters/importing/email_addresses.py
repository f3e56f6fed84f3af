"""What stands in a cell with an e-mail: the address, what programs and people put round it, what is wrong. Pure."""

import re

_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
#: What stands round an address: a link of Access, a name before it, a name after it
_WRAPPERS = [
    re.compile(form)
    for form in (
        r"[^#]*#mailto:([^#]+)#?",
        r"[^<>]*<([^<>]+)>\W*",
        r"(\S+@\S+) ?\([^()]*\)",
        r"[^@]*[(\[]([^\s@]+@[^\s@]+)[)\]]",
        r"(\S+@\S+) [-/|] [^@]*",
        r"(?:[^\W\d_][\w.'-]* ){2,}(\S+@\S+)",  # a first and a last name; a single word may be the lost beginning
    )
]
_QUOTES = "'\"[]();,. "
_WORDS_FOR_NONE = {"<>", "-", "–", "ingen", "n/a", "na", "vakant", "ubesat"}
_X500_PREFIXES = ("/o=", "ex:/o=")  # the inside of Exchange; nobody outside can write to it


def is_email_address(text: str) -> bool:
    """One whole e-mail address, whatever stands round it."""
    return text[:1] != "<" and is_bare_email(extract_email(text))  # «<1@kk.dk>» is the id of a mail


def is_bare_email(address: str) -> bool:
    """Of one that is bare."""
    return bool(_EMAIL.fullmatch(address)) and ".." not in address


def extract_email(text: str) -> str:
    """The address alone, as Outlook, Exchange and Access wrap it; «» for what says that there is none."""
    text = text.lower()
    if text in _WORDS_FOR_NONE or text.startswith(_X500_PREFIXES):
        return ""
    for form in _WRAPPERS:
        if match := form.fullmatch(text):
            text = match[1]
    return text.strip(_QUOTES).removeprefix("smtp:").removeprefix("mailto:").strip()


def email_error(address: str) -> str:
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
