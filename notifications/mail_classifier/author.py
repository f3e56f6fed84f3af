"""The author of a mail: a mail server, a program or a person, whether our mail server vouches for it, and the heading.

A mail written by a person is never classified as a bounce. Everybody can write any author, and an
`Authentication-Results` header too (RFC 8601). The one that counts begins with the name of our mail server, which
removes foreign headers with its name before it writes its own (RFC 8601, 5).
"""

import re
from dataclasses import dataclass

from notifications.mail_classifier import text_patterns
from notifications.mail_classifier.mail_parser import Mail, parse_mail
from notifications.mail_classifier.text_patterns import compile_any_of, mask_and_shorten

#: Beginnings of the subjects that mail servers write, in the languages met so far.
SERVER_NOTICE_SUBJECT = compile_any_of(
    r"un-?deliver|non[- ]?deliver|not? deliver|ndn?:",
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
#: Prefixes that mail clients put before the subject of an answer or a forwarded mail.
REPLY_SUBJECT = compile_any_of(
    "re|sv|vs|aw|wg|fwd?|vb|antw|tr|videresendt besked", before=r"\s*", after=r"(?:\[\d+\])?\s*:"
)
#: local parts that no person has
ROBOT_NAME = compile_any_of(r"no[-_]?reply|antivirus|gateway|smtp|daemon|notif|server|robot|system|\bndr\b")
#: mail clients of people
MAIL_CLIENTS = compile_any_of(
    r"thunderbird|microsoft outlook|office outlook|outlook mobile|apple mail|i(?:phone|pad) mail|android|k-9",
    r"mozilla|mutt|roundcube|webmail|gmail|evolution|kmail|claws",
)
QUOTED_LINE = compile_any_of(
    r">|\||-+ ?(?:original|oprindelig|forwarded|videresendt)|(?:fra|from|von|från):\s", before=r"\s*"
)
QUOTE_INTRO = compile_any_of("skrev", "wrote", "schrieb", "écrit", before=r".{0,200}\b", after=r"\b.{0,80}:\s*$")


def author_address(mail: Mail) -> str:
    return text_patterns.parse_mailbox(mail.header("from"))[1]


def has_null_return_path(mail: Mail) -> bool:
    return mail.header("return-path").strip() in ("<>", "<MAILER-DAEMON>")


def is_from_daemon(mail: Mail) -> bool:
    return text_patterns.is_daemon_address(author_address(mail) or mail.header("from").strip("<> "))


def is_from_mail_server(mail: Mail) -> bool:
    """Return whether a mail server wrote the mail.

    RFC 5321 section 4.5.5 demands a null return path for such mails, but some servers do not obey and some mailboxes
    do not keep the return path.
    """
    return bool(
        has_null_return_path(mail)
        or mail.header("x-failed-recipients")
        or is_delivery_report(mail)
        or is_from_daemon(mail)
        or (SERVER_NOTICE_SUBJECT.match(mail.header("subject")) and not is_written_by_hand(mail))
    )


def is_delivery_report(mail: Mail) -> bool:
    """Return whether the mail is a delivery report (RFC 6522) and not a read receipt."""
    content_type = mail.header("content-type").lower()
    is_one = content_type.startswith("multipart/report") or "delivery-status" in content_type
    return is_one and "disposition-notification" not in content_type


def is_written_by_hand(mail: Mail) -> bool:
    """Return whether a person wrote the mail, whatever the words of the subject.

    Signs are an answer or a forwarded mail, a mail client, or the same address as author and return path.
    """
    sent_by, returns_to = author_address(mail), text_patterns.clean_address(mail.header("return-path"))
    return bool(
        REPLY_SUBJECT.match(mail.header("subject"))
        or mail.header("in-reply-to")
        or MAIL_CLIENTS.search(mail.header("user-agent", "x-mailer"))
        or (
            sent_by and sent_by.casefold() == returns_to.casefold() and not ROBOT_NAME.search(sent_by.partition("@")[0])
        )
    )


def is_from_person(mail: Mail) -> bool:
    """Return whether a person with an address wrote text above the quotation, without a list or program in between."""
    is_automatic = mail.header("auto-submitted").lower().partition(";")[0].strip() not in ("", "no")
    is_in_bulk = mail.header("precedence").lower() in ("bulk", "junk", "list")
    is_for_programs = mail.header("content-type").lower().startswith("multipart/report")
    by_a_program = is_automatic or is_in_bulk or is_for_programs or mail.header("list-id", "list-unsubscribe")
    return bool(author_address(mail) and not is_from_daemon(mail) and not by_a_program and unquoted_text(mail))


def unquoted_text(mail: Mail) -> str:
    """Return the text above the first quoted line."""
    lines = []
    for line in mail.text.split("\n"):
        if QUOTED_LINE.match(line) or QUOTE_INTRO.fullmatch(line[:400]):
            break
        lines.append(line)
    return "\n".join(lines).strip()


#: A Message-ID is repeated in a header of our answer, and a line of a mail has at most 998 characters.
MAX_MESSAGE_ID_LENGTH = 900


@dataclass(frozen=True)
class Heading:
    """The headers shown in the inbox, each on one line and without CPR numbers.

    `reply_to` is the address for an answer. The field is empty for a mail that must not be answered: without a
    sender, from a program, from a list or in bulk (RFC 3834).
    """

    author: str = ""
    name: str = ""
    subject: str = ""
    message_id: str = ""
    reply_to: str = ""


def parse_heading(raw: bytes) -> Heading:
    mail = parse_mail(raw)
    name, author = text_patterns.parse_mailbox(mail.header("from"))
    is_from_list = any(field.startswith("list-") for field in mail.headers)
    if is_from_list or has_null_return_path(mail) or not is_from_person(mail):
        reply_to = ""
    else:
        reply_to = text_patterns.clean_address(mail.header("reply-to")) or author
    return Heading(
        author,
        mask_and_shorten(name, 120),
        mask_and_shorten(mail.header("subject")),
        mask_and_shorten(mail.header("message-id"), MAX_MESSAGE_ID_LENGTH),
        reply_to,
    )


#: Comments and quoted strings repeat what strangers wrote, so nothing in them is a result.
NOT_A_RESULT = re.compile(r'\([^()]*\)|"(?:[^"\\]|\\.)*"')
RESULT = re.compile(r"\s*([a-z0-9-]+)\s*=\s*([a-z]+)\b", re.IGNORECASE)
DOMAINS = re.compile(r"\bheader\.(?:from|d|i)\s*=\s*(?:[^\s;@]*@)?([a-z0-9.-]+)", re.IGNORECASE)


def is_author_authenticated(raw: bytes, server: str) -> bool:
    """Return whether `server`, the name of our mail server, says that the author's domain sent the mail.

    DMARC must have passed, or DKIM for the domain of the author. Without a name nobody is authenticated.
    """
    mail = parse_mail(raw)
    domain = text_patterns.parse_mailbox(mail.header("from"))[1].rpartition("@")[2].lower()
    results = mail.headers.get("authentication-results", [])  # a version may follow the server's name
    ours = (one for one in results if one.partition(";")[0].lower().split()[:1] == [server.lower()])
    said = NOT_A_RESULT.sub(" ", next(ours, ""))
    return bool(server and domain and any(_vouches(result, domain) for result in said.split(";")[1:]))


def _vouches(result: str, domain: str) -> bool:
    method = RESULT.match(result)
    named = DOMAINS.search(result)
    if not method or method[2].lower() != "pass" or not named:
        return False
    return method[1].lower() in ("dmarc", "dkim") and named[1].lower() == domain
