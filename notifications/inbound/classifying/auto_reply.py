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
    r"out[- ]of[- ](?:the[- ])?office|ooo\b|(?:i am |i'm )?away from|(?:i am|i'm) (?:away|out|on)\b",
    r"(?:jeg er )?(?:pt\.? |p\.t\. )?ikke (?:til stede|på kontoret)|(?:jeg er )?bortrejst|fraværende|fraværsbesked",
    r"frånvarande|frånvaro|inte på (?:kontoret|plats)|ute av kontoret|utenfor kontoret|borte fra|fråvær",
    r"abwesenheit|ich bin (?:nicht|derzeit|bis)|nicht im (?:büro|haus)",
    r"réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|afwezig|resposta automática",
    r"automatyczn\w+ odpowied|autoodpowied",
    before=r"\W*",
)
HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-auto-reply", "x-mail-autoreply", "x-autoresponder")
PRECEDENCE = ("auto_reply", "auto-reply", "autoreply", "vacation")
#: what such a mail speaks of; people do as well, so it only counts beside a header
WORDS = any_of(
    r"out of (?:the )?office|on (?:annual )?(?:vacation|leave|holiday)|vacation|absence|away (?:from|until)",
    r"auto(?:matic|mated)? ?-?(?:reply|response)|automatisk (?:svar|besvarelse)|autosvar|fravær|bortrejst|barsel|orlov",
    r"ferie|holder (?:jeg )?fri\b|fridag|ikke (?:til stede|på kontoret)|tilbage (?:på|den|igen|d\.)",
    r"abwesend|nicht im büro|urlaub|frånvar|semester|åter|fråvær",
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
    is_a_reply = mail.header("auto-submitted").lower().startswith("auto-replied") or mail.header(*HEADERS)
    return bool(is_a_reply or mail.header("precedence").lower() in PRECEDENCE or _is_marked(mail))


def _is_marked(mail: Mail) -> bool:
    """Exchange marks what a rule sent, and also some of what people send; then the subject has to speak of it."""
    subject = mail.header("subject")
    is_generated = mail.header("auto-submitted").lower().startswith("auto-generated")
    if is_generated or mail.header("x-ms-exchange-inbox-rules-loop"):
        return bool(WORDS.search(f"{subject}\n{sender.own_words(mail)[:2000]}"))
    return bool(mail.header("x-auto-response-suppress") and not sender.REPLY.match(subject) and WORDS.search(subject))
