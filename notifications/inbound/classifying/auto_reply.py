"""What a mailbox answers by itself while its owner is away (RFC 3834), in its headers or in its subject."""

from __future__ import annotations

from notifications.inbound.classifying import sender
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import Finding
from notifications.inbound.classifying.wording import any_of

#: at the beginning of a subject; a person who answers or passes it on has «SV:» or «VS:» before it
SUBJECT = any_of(
    r"automatis(?:k|ch|kt)\w* (?:svar|be?svar\w*|antwort)|auto-?svar|auto-?antwort|feriesvar",
    r"auto(?:matic)?[ -]?(?:reply|response|answer)|auto(?:matically generated)?:|auto-?respon",
    r"out[- ]of[- ](?:the[- ])?office|ooo\b|vacation|absence|on (?:vacation|leave|holiday)",
    r"(?:i am |i'm )?away from|(?:i am|i'm) (?:away|out|on)\b",
    r"(?:jeg er )?(?:pt\.? |p\.t\. )?ikke (?:til stede|på kontoret)|(?:jeg er )?bortrejst|fravær|frånvar|fråvær|fridag",
    r"(?:jeg (?:er|holder) )?(?:på )?(?:sommer|jule|påske|efterårs|vinter)?(?:ferie|barsel|orlov)\b|semester",
    r"inte på (?:kontoret|plats)|ute av kontoret|utenfor kontoret|borte fra",
    r"abwesen|ich bin (?:nicht|derzeit|bis)|nicht im (?:büro|haus)|urlaub",
    r"réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|afwezig|resposta automática",
    r"automatyczn\w+ odpowied|autoodpowied",
    before=r"\W*",
)
HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-auto-reply", "x-mail-autoreply", "x-autoresponder")
EXCHANGE = ("x-ms-exchange-inbox-rules-loop", "x-auto-response-suppress")
PRECEDENCE = ("auto_reply", "auto-reply", "autoreply", "vacation")
WORDS = any_of(
    r"out of (?:the )?office|on (?:annual )?(?:vacation|leave|holiday)",
    r"auto(?:matic|mated)? ?-?(?:reply|response)|away (?:from|until)",
    r"automatisk (?:svar|besvarelse)|autosvar|på ferie|holder (?:jeg )?(?:ferie|fri)|ikke (?:til stede|på kontoret)",
    r"fraværende|bortrejst|barsel|tilbage (?:på|den|igen|d\.)",
    r"abwesend|nicht im büro|urlaub|frånvarande|semester|åter",
)


def recognise(mail: Mail) -> Finding | None:
    return Finding("auto_reply") if _says_so(mail) else None


def recognise_by_envelope(mail: Mail) -> Finding | None:
    """No person's program sends with a null return path; such an answer is known by it (section 3.3)."""
    answers = sender.has_null_return_path(mail) and not sender.is_a_daemon(mail) and sender.own_words(mail)
    return Finding("auto_reply") if answers else None


def _says_so(mail: Mail) -> bool:
    """Mail servers mark their bounces «auto-replied» as well, so a header counts for what somebody's mailbox sent."""
    subject = mail.header("subject")
    if sender.is_a_daemon(mail):
        return False
    if SUBJECT.match(subject):
        return True
    if sender.NOTICE.match(subject) or mail.header("x-failed-recipients"):
        return False
    submitted = mail.header("auto-submitted").lower()
    if submitted.startswith("auto-replied") or mail.header(*HEADERS):
        return True
    if mail.header("precedence").lower() in PRECEDENCE:
        return True
    marked = submitted.startswith("auto-generated") or mail.header(*EXCHANGE)
    return bool(marked and WORDS.search(f"{subject}\n{sender.own_words(mail)[:2000]}"))
