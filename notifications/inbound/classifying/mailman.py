"""The formats that Mailman has met since 1998 (flufl.bounce). What it returns is looked at before it is believed."""

from __future__ import annotations

import logging

from flufl.bounce import all_failures

from notifications.inbound.classifying import addresses, sender, told_in_words
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import Fate, Finding, about

logger = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it names each detector that it tries


def recognise(mail: Mail) -> Finding | None:
    if not sender.is_a_mail_server(mail):
        return None
    temporary, permanent = _failures(mail)
    listed = told_in_words.listed(mail)
    if permanent and listed:  # of several it may see only the first, or also those who are merely mentioned
        permanent = listed
    fate: Fate = "delayed" if told_in_words.is_under_way(mail) else "failed"
    outcomes = [told_in_words.outcome(one, fate, mail) for one in permanent]
    outcomes += [told_in_words.outcome(one, "delayed", mail) for one in temporary]
    return about(outcomes) if outcomes else None


def _failures(mail: Mail) -> tuple[list[str], list[str]]:
    """Temporary and permanent ones."""
    try:
        temporary, permanent = all_failures(mail.message)
    except Exception:  # its detectors trust the mail to be well formed
        logger.info("flufl.bounce stumbled", exc_info=True)
        return [], []
    return _believed(temporary, mail), _believed(permanent, mail)


def _believed(found: frozenset[bytes], mail: Mail) -> list[str]:
    """Addresses whose name and domain both stand in the mail, and which are neither a server's nor ours.

    Apart, for some providers leave their own domain out: «bo» from mailer-daemon@kk.example is bo@kk.example.
    """
    words = f"{mail.header('from')} {mail.text}".casefold()
    names = (addresses.clean(one.decode("ascii", "replace")) for one in sorted(found))
    return told_in_words.others(
        (one for one in names if one and all(half in words for half in one.casefold().split("@"))), mail
    )
