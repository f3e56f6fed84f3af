"""A program asks the sender to prove that he is a person before the mail is let through (challenge-response)."""

from __future__ import annotations

from notifications.inbound.classifying import sender
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import Finding
from notifications.inbound.classifying.wording import any_of

HEADERS = (
    "x-bluebottle-request",
    "x-tmda-confirm",
    "x-tmda-fingerprint",
    "x-spamarrest-noauth",
    "x-qconfirm",
    "x-ask-auth",
    "x-challenge",
)
SENDERS = any_of(
    "boxbe|spamarrest|mailblocks|bluebottle|mailinblack|choicemail|sendio|spamlion", before=r"@(?:.*\.)?", after=r"\."
)
_MAIL = r"(?:message|(?:e-?)?mail)"
SUBJECT = any_of(
    r"\[?(?:spam ?arrest|boxbe)|challenge[: ]",
    rf"please (?:confirm|verify) your {_MAIL}",
    rf"verif(?:y|ication of) (?:your )?{_MAIL}|action required: (?:verify|confirm)",
    rf"your {_MAIL} requires (?:confirmation|verification|authentication)",
    r"confirm(?:ation)? (?:request|required|needed)|(?:sender|message) (?:verification|authentication|confirmation)",
    r"bekræft (?:din|venligst)|authentification (?:requise|de votre)",
    r".{0,200}\bconf#[0-9a-f]{6}",
)
WORDS = any_of(
    r"(?:account|mailbox|inbox|address|e-?mail|indbakke|postkasse) (?:is|er) (?:protected|beskyttet) (?:by|af|mod)\b",
    r"(?:has been|is being|was) wait-?listed|guest list so your messages",
    r"(?:verify|prove|confirm|show) that you(?:'re| are) (?:a |not a )?(?:real |human|person|legitimate|spam)",
    r"(?:bekræft|bevis)\w*,? at du er (?:et menneske|en person|ikke en robot)",
    rf"to (?:have|get) your {_MAIL} delivered,? (?:\w+ ){{0,6}}(?:click|reply|follow|confirm)",
    rf"before (?:your|this) {_MAIL} (?:can|will) be (?:delivered|released),? "
    rf"(?:\w+ ){{0,6}}(?:click|reply|follow|confirm)",
    rf"(?:click|reply|follow)[^.]{{0,80}} (?:to|and) (?:confirm|verify|release|approve|authenticate) "
    rf"(?:your|the|this) {_MAIL}",
    r"add(?:ed)? (?:yourself|your address)[^.]{0,40} to (?:my|the|his|her) "
    r"(?:\w+ ){0,2}(?:guest|allowed|approved|white)[- ]?list",
    r"klik[^.]{0,80} for at (?:bekræfte|frigive)[^.]{0,40}(?:mail|besked|adresse)",
)


def recognise(mail: Mail) -> Finding | None:
    asks = (
        any(mail.header(name) for name in HEADERS)
        or SENDERS.search(sender.address(mail))
        or (not sender.REPLY.match(mail.header("subject")) and SUBJECT.match(mail.header("subject")))
        or WORDS.search(" ".join(sender.own_words(mail)[:5000].split()))
    )
    return Finding("challenge") if asks else None
