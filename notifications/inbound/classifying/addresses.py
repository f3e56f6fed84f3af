"""E-mail addresses as programs write them: typed, quoted, encoded, in brackets. One way to read them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr

_LOCAL = r"(?:[\w!#$%&'*+/=?^`{|}~-][\w!#$%&'*+/=?^`{|}~.-]{0,127}|\"[^\"\s@]{1,64}\")"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){0,10}|\[[\d.a-fA-F:IPv]{3,50}\])"
#: an address in running text, where the domain has a dot
ADDRESS = re.compile(
    rf"(?<![\w.+=@/-])({_LOCAL}@(?:[^\W_][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{1,10}}|\[[\d.]{{7,15}}\]))(?![\w@])"
)
_WHOLE = re.compile(rf"{_LOCAL}@{_DOMAIN}")
_TYPE = re.compile(r"\s*(rfc-?822|utf-?8|smtp|internet|unknown|x-?[\w-]+)\s*;", re.IGNORECASE)
_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_HEX = re.compile(r"\+([0-9A-Fa-f]{2})")
_CODE_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

#: programs that nobody has written to: a mail from them is no person's, and they are no recipient that fails
DAEMON = re.compile(
    r"(?:.*[-+=._])?(?:mailer[-_. ]?d(?:a?e)?mon|post[-_.]?master|mail[-_.]?daemon|mdaemon|"
    r"mail(?:er)?[-_.]?(?:delivery|system)(?:[-_.]?(?:sub)?system)?|smtp[-_.]?daemon|"
    r"microsoftexchange[0-9a-f]{8,})(?:[-+=._].*)?@?",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """«rfc822; <Bo@kk.example>» → «Bo@kk.example»; empty when there is no address in it (x400, a lone name)."""
    typed = _TYPE.match(text)
    bare = _decoded(text[typed.end() :] if typed else text)
    bracketed = _BRACKETS.search(bare)
    bare = (bracketed[1] if bracketed else bare.partition("(")[0]).strip(" \t\r\n<>'.,:;")
    bare = bare.removeprefix("mailto:")
    if bare.startswith('"') and bare.endswith('"'):
        bare = bare.strip('"')
    if _WHOLE.fullmatch(bare):
        return bare
    found = ADDRESS.search(bare)
    return found[1] if found else ""


def _decoded(text: str) -> str:
    """Without xtext (RFC 3461 section 4) where the @ itself is encoded, and without \\x{E6} (RFC 6533 section 3)."""
    text = _CODE_POINT.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), text[:1000])
    return text if "@" in text else _HEX.sub(lambda match: chr(int(match[1], 16)), text)


def mailbox(text: str) -> tuple[str, str]:
    """The name and the address of a From; no name where it is written so that nobody can take it apart."""
    try:
        name, address = parseaddr(text)
    except RecursionError:  # groups in groups
        return "", clean(text)
    return name, clean(address or text)


def all_in(text: str) -> Iterator[str]:
    """Every address in running text, as it stands."""
    return (match[1].rstrip(".-") for match in ADDRESS.finditer(text))


def is_daemon(address: str) -> bool:
    """Also when there is none, as some servers write it in From."""
    return not address or bool(DAEMON.fullmatch(address.rpartition("@")[0] or address))
