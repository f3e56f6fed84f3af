"""Who wrote it: a mail server, a program, or a person. What a person wrote is never taken for a bounce."""

from __future__ import annotations

from notifications.inbound.classifying import addresses
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.wording import any_of

#: how mail servers begin the subject of what they say, in the languages that we have met
NOTICE = any_of(
    r"un-?deliver|non[- ]?deliver|nondeliver|not? deliver|ndn?:",
    r"failure notice|failed mail|bounced?\b|loop alert|mail loop",
    r"(?:mail |message )?delivery (?:status|fail|error|problem|report|notif|delay|has|to|attempt|unsuc|not|incomplete)",
    r"(?:e-?)?mail (?:delivery|system|error|status|return|not deliver|undeliver|could not|failure|rejected|bounce)",
    r"return(?:ed|ing)? (?:(?:e-?)?mail|message|to sender)",
    r"(?:permanent|temporary|transient) (?:delivery|fail)",
    r"(?:your |the )?(?:e-?mail |message )+(?:.{0,40} )?(?:could|can) ?not be",
    r"(?:your )?(?:message|mail) "
    r"(?:status|undeliver|delivery|not deliver|rejected|quarantin|you sent|was not|blocked|delayed|refused)",
    r"could not (?:be )?(?:send|sent|deliver)|unable to deliver|error (?:delivering|sending|mail)|problem delivering",
    r"there was an error sending|processing error|warning: (?:could not|message|e?mail|delivery)|delayed mail",
    r"user unknown|unknown user|invalid recipient|(?:recipient )?address not found|mailbox (?:full|unavailable)",
    r"(?:automatically )?rejected|relay(?:ed|eret)?:|forward(?:ing)? fail",
    r"(?:kan|kunne) ikke leveres|ikke leveret|ulever|leveringsfejl",
    r"levering (?:til|mislyk|fors|ikke)|forsinket(?: levering)?:|leveret:|videresendt:|viderestillet:",
    r"kan inte levereras",
    r"unzustellbar|nicht zustellbar|zustell(?:ung|fehl)|(?:nachricht|mail) ?(?:konnte|unzustell)",
    r"undelivrable|non remis|échec (?:de|d)|notification d.état",
    r"no se (?:puede|ha podido) entregar|no entregad|devuelto",
    r"onbestel|niet bezorgd|mancata consegna|não (?:foi )?entregue",
    r"nie ?(?:można|dostarcz)|недостав|не доставл",
    before=r"\W*",
)
#: what people's programs put before the subject that they answer or pass on
REPLY = any_of("re|sv|vs|aw|wg|fwd?|vb|antw|tr|videresendt besked", before=r"\s*", after=r"(?:\[\d+\])?\s*:")
#: names that no person has
ROBOT = any_of(r"no[-_]?reply|antivirus|gateway|smtp|daemon|notif|server|robot|system|\bndr\b")
#: programs that people write their mails in
CLIENTS = any_of(
    r"thunderbird|microsoft outlook|office outlook|outlook mobile|apple mail|i(?:phone|pad) mail|android|k-9",
    r"mozilla|mutt|roundcube|webmail|gmail|evolution|kmail|claws",
)
QUOTED = any_of(r">|\||-+ ?(?:original|oprindelig|forwarded|videresendt)|(?:fra|from|von|från):\s", before=r"\s*")
WROTE = any_of("skrev", "wrote", "schrieb", "écrit", before=r".{0,200}\b", after=r"\b.{0,80}:\s*$")


def address(mail: Mail) -> str:
    return addresses.mailbox(mail.header("from"))[1]


def has_null_return_path(mail: Mail) -> bool:
    return mail.header("return-path").strip() in ("<>", "<MAILER-DAEMON>")


def is_a_daemon(mail: Mail) -> bool:
    return addresses.is_daemon(address(mail) or mail.header("from").strip("<> "))


def is_a_mail_server(mail: Mail) -> bool:
    """RFC 5321 section 4.5.5 wants a null return path of it; not every server obeys, nor is every mail kept with it."""
    return bool(
        has_null_return_path(mail)
        or mail.header("x-failed-recipients")
        or is_a_report(mail)
        or is_a_daemon(mail)
        or (NOTICE.match(mail.header("subject")) and not is_by_hand(mail))
    )


def is_a_report(mail: Mail) -> bool:
    """What became of a mail (RFC 6522), and not that somebody has read it."""
    content_type = mail.header("content-type").lower()
    is_one = content_type.startswith("multipart/report") or "delivery-status" in content_type
    return is_one and "disposition-notification" not in content_type


def is_by_hand(mail: Mail) -> bool:
    """A person wrote it, whatever words he chose for the subject: an answer, from a program for people, in his name."""
    sent_by, returns_to = address(mail), addresses.clean(mail.header("return-path"))
    return bool(
        REPLY.match(mail.header("subject"))
        or mail.header("in-reply-to")
        or CLIENTS.search(mail.header("user-agent", "x-mailer"))
        or (sent_by and sent_by.casefold() == returns_to.casefold() and not ROBOT.search(sent_by.partition("@")[0]))
    )


def is_a_person(mail: Mail) -> bool:
    """Somebody with an address who wrote something above what is quoted, and no list or program in between."""
    is_automatic = mail.header("auto-submitted").lower().partition(";")[0].strip() not in ("", "no")
    is_in_bulk = mail.header("precedence").lower() in ("bulk", "junk", "list")
    is_for_programs = mail.header("content-type").lower().startswith("multipart/report")
    by_a_program = is_automatic or is_in_bulk or is_for_programs or mail.header("list-id", "list-unsubscribe")
    return bool(address(mail) and not is_a_daemon(mail) and not by_a_program and own_words(mail))


def own_words(mail: Mail) -> str:
    """The text above the first line that is quoted."""
    lines = []
    for line in mail.text.split("\n"):
        if QUOTED.match(line) or WROTE.fullmatch(line[:400]):
            break
        lines.append(line)
    return "\n".join(lines).strip()
