"""Patterns and helpers for mails' text: addresses, status codes, reasons, and the phrases of mail servers.

Addresses are read as programs write them: typed, quoted, encoded or in brackets. The phrases come from public
collections of bounces of some fifty mail servers. A phrase is listed once, in the languages met so far.
`bounce_wording` uses the phrases.
"""

import re
import unicodedata
from collections.abc import Iterator
from email.utils import parseaddr

from sepo_incident.core import cpr

_LOCAL = r"(?:[\w!#$%&'*+/=?^`{|}~-][\w!#$%&'*+/=?^`{|}~.-]{0,127}|\"[^\"\s@]{1,64}\")"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){0,10}|\[[\d.a-fA-F:IPv]{3,50}\])"
#: an address in running text; the domain must have a dot
ADDRESS = re.compile(
    rf"(?<![\w.+=@/-])({_LOCAL}@(?:[^\W_][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{1,10}}|\[[\d.]{{7,15}}\]))(?![\w@])"
)
_WHOLE_ADDRESS = re.compile(rf"{_LOCAL}@{_DOMAIN}")
_ADDRESS_TYPE = re.compile(r"\s*(rfc-?822|utf-?8|smtp|internet|unknown|x-?[\w-]+)\s*;", re.IGNORECASE)
_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_HEX = re.compile(r"\+([0-9A-Fa-f]{2})")
_CODE_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

#: Addresses of programs: no person wrote a mail from such an address, and such an address is no failed recipient.
DAEMON_NAME = re.compile(
    r"(?:.*[-+=._])?(?:mailer[-_. ]?d(?:a?e)?mon|post[-_.]?master|mail[-_.]?daemon|mdaemon|"
    r"mail(?:er)?[-_.]?(?:delivery|system)(?:[-_.]?(?:sub)?system)?|smtp[-_.]?daemon|"
    r"microsoftexchange[0-9a-f]{8,})(?:[-+=._].*)?@?",
    re.IGNORECASE,
)


def clean_address(text: str) -> str:
    """Return the address in a field, or "" without an address (x400, a name).

    «rfc822; <Bo@kk.example>» gives «Bo@kk.example».
    """
    typed = _ADDRESS_TYPE.match(text)
    bare = _decode_address(text[typed.end() :] if typed else text)
    bracketed = _BRACKETS.search(bare)
    bare = (bracketed[1] if bracketed else bare.partition("(")[0]).strip(" \t\r\n<>'.,:;")
    bare = bare.removeprefix("mailto:")
    if bare.startswith('"') and bare.endswith('"'):
        bare = bare.strip('"')
    if _WHOLE_ADDRESS.fullmatch(bare):
        return bare
    found = ADDRESS.search(bare)
    return found[1] if found else ""


def _decode_address(text: str) -> str:
    """Decode xtext (RFC 3461 section 4) if the @ itself is encoded, and \\x{E6} (RFC 6533 section 3)."""
    text = _CODE_POINT.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), text[:1000])
    return text if "@" in text else _HEX.sub(lambda match: chr(int(match[1], 16)), text)


def parse_mailbox(text: str) -> tuple[str, str]:
    """Return name and address of a From header. The name is "" if the header cannot be parsed."""
    try:
        name, address = parseaddr(text)
    except RecursionError:  # nested groups
        return "", clean_address(text)
    return name, clean_address(address or text)


def find_addresses(text: str) -> Iterator[str]:
    """Yield every address in running text, as written."""
    return (match[1].rstrip(".-") for match in ADDRESS.finditer(text))


def is_daemon_address(address: str) -> bool:
    """Return whether the address is a mail server's.

    An empty address counts, because some servers write none in From.
    """
    return not address or bool(DAEMON_NAME.fullmatch(address.rpartition("@")[0] or address))


def compile_any_of(*phrases: str, before: str = "", after: str = "", lines: bool = False) -> re.Pattern[str]:
    """Compile a case-insensitive pattern of alternatives. With `lines`, ^ and $ match at every line."""
    return re.compile(f"{before}(?:{'|'.join(phrases)}){after}", re.IGNORECASE | (re.MULTILINE if lines else 0))


MAX_REASON_LENGTH = 300
STATUS_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
#: What tells no cause: addresses, the answering server, host names, links to help, codes in the middle of a reply.
#: Each pattern begins at a word or at a code, so that the running time is linear.
_NOISE = compile_any_of(
    r"(?<!\S)\S*@\S*|(?<!\S)\S*[(\[]IP\b[^)\]]{0,40}[)\]]|\bhost:? (?:IP\b|\S+ said:)",
    r"(?<!\S)\W?(?!\S*(?:spamhaus|spamcop|bl\b))(?:https?:\S+|(?:[\w-]+\.)+[a-z]{2,}(?![\w/-]))",
    r"(?<![\w.])(?:[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}\b)?|#?[245]\.\d{1,3}\.\d{1,3}(?![\w.]))",
)
_IP_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_SENDER = (
    r"(?:(?:bad|client|connecting|connections? from|envelope|MAIL ?FROM|originating|sender|sending|source|your) "
    r"(?:(?:e-?mail|envelope|IP) )*(?:access|address|connection|country|domain|host|IP|MTA|network|region|sender|"
    r"server)\w*|\bsender|\bIP\b|\bHELO|host network)"
)
_REFUSED = (
    r"(?:bann|black|block|denied|forbid|listed|permanently deferred|prohibit|refus|reject|"
    r"(?:not|n't) (?:\w+ )?(?:accept|allowed\b(?!-)|passed|permit|sent))"
)
#: Words of a refusal because of the mail, its sender or the sender's server. A line is a subject.
SPAM_WORDS = compile_any_of(
    r"\b(?:anti-?)?spam|junk ?mail|unsolicited|unwanted|\bUBE\b|(?:bulk|mass)[- ]?(?:e-?)?mail|mail rej",
    r"message filtered|phish|spoof|virus|malware|suspected|suspicious|complaint|reputation",
    r"(?:black|block|deny)[- ]?(?:list|send)|\bblocked\b|\b\w{0,4}(?:DNSB|RB|URIB|[DPSX]B)Ls?\b|[(:]BL\)",
    r"DMARC|DKIM(?!-Sig)|\bSPF\b|purported|mismatches client|authentication (?:check|info)",
    r"reverse (?:DNS|host|look|name)|\br-?DNS\b|\bPTR\b|(?:find|resolve) your|IP name lookup|unresolvable|dynamic IP",
    r"polic(?:y|ies)\b(?! (?:limit|max))|administrative(?:ly)? prohibit",
    r"(?:banned|mail|message|unacceptable) content|content (?:filter|judged|presents|reject|restrict)",
    r"(?:bann|forbid|illegal|prohib)\w* (?:attach|file)|attachment\b.{0,20}(?:bann|forbid|prohib)",
    rf"{_SENDER}[^.]{{0,60}}{_REFUSED}|{_REFUSED}\w* (?:\w+ ){{0,2}}(?:client|IP|open proxy|sender|sending)\b",
    r"bad ?mail ?from|smtp server of your|not allowed to (?:connect|send (?:mail )?from)|my name was rejected",
    # refused before a word about the recipient
    r"(?:after (?:initial connection|[EH][HE]LO)\b|refused to talk).*? 5[57]\d ",
)
#: Words of other refusals that also name a policy, a sender or a block.
_OTHER_REFUSAL = compile_any_of(
    r"\brelay(?:ing)? (?:access )?(?:denied|disallowed|not|is not|prohibited)|(?:to|for) relay",
    r"(?:recipient|user) unknown|unknown (?:recipient|user)|blocked by (?:the )?recip",
    r"(?:account|mailbox|recipient|user)\b[^.]{0,40}\b(?:blocked|closed|disabled|inactiv|locked)|deactivated|suspended",
    r"recipient address rejected: access|domain not found|fully.qualified",
    r"(?:anonymous|unauthenticated) sender|not (?:authenticated|owned|logged)",
    r"authentication (?:is )?required|allowed to \w+ (?:\w+ ){0,2}to\b|\bTLS\b",
    r"exceeds|message size|size limit|too (?:big|large)",
)
#: Status codes of failed SPF, DKIM, DMARC and reverse DNS (RFC 7372), and Microsoft's of spam and blocked senders.
SPAM_STATUS = re.compile(r"\b5\.7\.(?:2[0-689]|350|50[123679]|51[1345]|6[0-4]\d|7[05]\d)\b")
MAX_JUDGED_LENGTH = 1000


def mask_and_shorten(text: str, length: int = MAX_REASON_LENGTH) -> str:
    """Return the text on one line with CPR numbers masked, at most `length` characters, without control characters."""
    spaced = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * length])
    masked = cpr.mask(" ".join(spaced.split()))
    return masked if len(masked) <= length else masked[: length - 1].rstrip() + "…"


def find_status_code(text: str) -> str:
    found = STATUS_CODE.search(text)
    return found[1] if found else ""


def mentions_spam(*texts: str) -> bool:
    """Return whether the texts about one refusal give spam, policy or reputation as its cause.

    Addresses and host names are ignored: junk@kk.example may just be full.
    """
    one_line = " ".join(" . ".join(text[:MAX_JUDGED_LENGTH] for text in texts).split())
    words = " ".join(_NOISE.sub(" ", _IP_ADDRESS.sub("IP", one_line)).split())
    named = SPAM_WORDS.search(words) and not _OTHER_REFUSAL.search(words)
    return bool(named or SPAM_STATUS.search(one_line))


_PREFIX = r"(?:mailto:|smtp:|rfc822;\s?)?"
_ADDRESS = r"([^\s<>\"'()\[\],;:@]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})"
_OPEN, _CLOSE = r"[<\"'(\[]{0,2}", r"[>\"')\]]{0,2}"
_NOT = r"(?:n['’]t|n't|not| ?not)"

#: Lines where the returned mail begins.
RETURNED_MAIL_START = compile_any_of(
    r"[-=_*]{2,}[ \t]*(?:this is a copy|below this line|copy of|start of|begin|the header|your message|message text)",
    r"[-=_*]{2,}[ \t]*(?:the )?(?:original|returned|unsent|undelivered|non-delivered|bounced|forwarded|source) "
    r"(?:e-?)?(?:mail|message|info)",
    r"[-=_*]{2,}[ \t]*(?:message |mail )?headers? ",
    r"[-=_*]{2,}[ \t]*(?:oprindelig|ursprüngliche|ursprungligt|opprinnelig)",
    r"(?:below|here|following|attached) is (?:a copy of |the |your )+(?:\w+ )?(?:message|mail|returned)",
    r"(?:the )?(?:header|text) of (?:the|your) original",
    r"(?:original )?message (?:headers?|text)? ?(?:follows|below)",
    r"this is a copy of (?:the|your) message",
    r"(?:return-path|received|x-received|dkim-signature)[ \t]*:[ \t]",
    before=r"^[ \t>]*",
    lines=True,
)
#: Introductions to a list of recipients.
RECIPIENT_LIST_INTRO = compile_any_of(
    r"(?:following|these|those|listed|specified|below)[ \w]{0,25}"
    r"(?:address|recipient|user|destination|mailbox|person|people|group)",
    rf"(?:did|could|can|was|were|is|has|have|had) ?{_NOT}(?: yet)?(?: been| be)? "
    rf"(?:reach|deliver|sent|send)[^:.]{{0,80}}(?::|\bto)\s*$",
    r"un(?:able|successful)[^:.]{0,20} (?:to )?deliver[^:]{0,80}:\s*$",
    r"delivery (?:has )?(?:failed|to)[^:]{0,60}:\s*$",
    r"has(?: been)? (?:delayed|not (?:yet )?been delivered)[^:]{0,80}:\s*$",
    r"not (?:yet )?been delivered is:",
    r"(?:failed|affected|bad|invalid|unknown|undeliver\w+) (?:recipient|address|user)\w*\W*$",
    r"recipients? (?:was|were) (?:affected|rejected)",
    r"recipient\(?s?\)?\s*:\s*$",
    r"(?:permanent|fatal|delivery) (?:fatal )?(?:errors?|problems?|failures?) -+",
    r"failed recipients",
    r"failure reasons?",
    r"(?:message|mail) for the following",
    r"(?:disse|følgende) (?:modtager|adresse|personer|grupper)",
    r"(?:kunne|kan) ikke leveres til[^:]{0,60}:?\s*$",
    r"ikke (?:nået|leveret)[^:]{0,60}:\s*$",
    r"folgende[nr]? (?:\w+ )?(?:adress|empf)",
    r"(?:följande|denna|dessa|følgende|disse) (?:adress|mottag|mottak|person)",
    r"destinat[aá]rio?s?\b[^:]{0,40}:\s*$",
    r"destinataires?\b[^:]{0,60}:\s*$",
    r"(?:volgende|deze) (?:adres|geadresseerde|ontvanger)",
    r"adressat\w*[^:]{0,40}:\s*$",
    r"次のあて先|宛先|以下の",
)
#: Labels on the line before a recipient, or in the sentence with the recipient.
LABELLED_ADDRESS = compile_any_of(
    r"^[\s*•-]*"
    r"(?:recipient|recipient address|failed recipient|original recipient|intended recipient|addressed to)\s*[:=]",
    r"^[\s*•-]*(?:invalid recipients?|unknown "
    r"(?:local )?user|user unknown|no such user|user not found|bad address)\s*[:=]",
    r"^[\s*•-]*(?:mailbox (?:full|not found|unavailable)|modtager|empfänger|destinataire|destinatario)\s*[:=]",
    r"unable to deliver (?:the |your |this )?(?:message|(?:e-?)?mail)(?: below)? to"
    r"(?: the)?(?: recipient| user| address)?:?",
    rf"(?:could|can|was|were|has|did) ?{_NOT}(?: be| been)? ?(?:delivered|sent|reach|deliver)"
    rf"(?: the (?:mail|message))?(?: to)?"
    r"(?: the)?(?: recipient| address| mailbox| user)?:?",
    r"delivery to(?: the)?(?: following)?(?: recipient| address)?:? (?=\S+@\S+ "
    r"(?:has |was |is )?(?:fail|delay|could|not))",
    r"(?:rejected|refused|unknown|invalid|non-?existent|undeliverable|failing|no such) "
    r"(?:recipient|user|address|account|mailbox)s?(?: is| was)?:?",
    r"undeliverable (?:mail )?to:?",
    r"user mailbox exceeds allowed size:",
    r"(?:failed|failure) (?:to )?deliver(?:y|ing)?(?: (?:mail|message))?(?: to)?:?",
    r"error (?:sending|delivering)(?: \w+){0,3} to:?",
    r"(?:message|(?:e-?)?mail|besked|meddelelse) (?:til|to|for|an|à) (?=\S+@\S+ "
    r"(?:could|was|has|can|kunne|kan|blev|er|konnte|n'a))",
    r"ikke leveres? til(?: modtageren| adressen)?:?",
    r"the (?:user|account|address|recipient|mailbox)(?: for| of)?(?: \w+)?:?(?= \S+@\S+ (?:is|does|has|was|could|can))",
    r"(?:rcpt|message|sent|original mail) to\s*:",
    r"addressed to|dda:smtp=",
    after=rf"\s*(?<!\w){_OPEN}{_PREFIX}{_ADDRESS}{_CLOSE}",
)
#: A line that begins with an address: alone, or followed by punctuation or words.
LINE_STARTING_WITH_ADDRESS = compile_any_of(
    rf"[\s>*•|-]*+(?:\d+[.)]\s+)?(?:[\w-]+(?: [\w-]+){{0,3}} (?=[<(\[]))?"
    rf"(?:to:|an:|til:|for:)?\s*{_OPEN}{_PREFIX}{_ADDRESS}{_CLOSE}",
    after=r"(?=[\s:;,.(\[<]|$)",
)
TRANSCRIPT_START = compile_any_of(
    r"-{2,}\s*(?:transcript|session|original|returned|unsent)", "transcript of", before=r"^[\s>]*"
)
RCPT_TO = compile_any_of(r"RCPT TO:\s*<?([^\s<>@]{1,128}@[^\s<>]{1,255})>?")
#: a server reply, alone or in a sentence
SERVER_REPLY_LINE = compile_any_of(r"(?:^|[\s#:;\"'(<\[-])[45]\d\d(?:[ -][#\w<(\[\"']|[ -]?[45]\.\d{1,3}\.\d{1,3})")
#: Words of a failure. Too wide alone: only used on a mail server's own words.
FAILURE_WORDS = compile_any_of(
    r"unknown|invalid|no such|unavailable|disabled|inactive|suspended|discontinued|closed",
    r"not (?:exist|found|listed|a valid|our|known|recogni[sz]ed|accept|allowed|local|active|be (?:delivered|found))",
    rf"(?:does|could|can|was|were|did|has|have) ?{_NOT}",
    r"un-?deliver|un(?:able|route)|reject|refus|denied|blocked|bounce|fail|error|sorry|loop|returned|problem",
    r"exceed|quota|over ?limit|full\b|too (?:large|big|many|long)",
    r"delay|deferred|timed? ?out|giv(?:e|en|ing) up|spam|policy",
    r"(?:kunne|kan) ikke|ikke (?:leveret|fundet|findes)|findes ikke|mislykk|ukendt|fyldt|fuld\b|forsink|afvist",
    r"nicht|unbekannt|ungültig|voll\b|\binte\b|okänd|n'a pas|introuvable|inconnu|no (?:se|existe)|desconocid|niet\b",
    r"#?\b[45]\.\d\.\d{1,3}\b|\b[45]\d\d\b",
)
#: Words of a delay: the server still tries.
DELAY_WORDS = compile_any_of(
    r"warning: (?:could not send|message (?:still|\S+ delayed|delayed)|delivery|mail still)",
    r"still (?:undelivered|trying|queued|being|in the queue)",
    r"has(?: been)? (?:not yet been delivered|been delayed)|not yet (?:been )?deliver|(?:was|were|is|been) delayed",
    r"could not (?:yet )?be delivered for the (?:last|past)|could not send message for past",
    r"delivery (?:status notification \(delay|delay|attempts will continue)|\(delay(?:ed)?\)",
    r"^\W*(?:delayed|delay notif|forsinket|verzögert|försenad|forsinka|retard)",
    r"warning message only|message delayed|delayed \d+ hours|delayed mail",
    r"(?:will|shall) (?:be retried|retry|(?:continue|keep) (?:to |trying|attempt)|(?:make|be) (?:further|more) )",
    r"forsøger (?:fortsat|igen)|vil (?:fortsat )?blive forsøgt|endnu ikke (?:blevet )?leveret|forsinkelse",
    r"(?:bisher|noch) nicht zugestellt",
    r"temporar(?:y|ily) (?:fail|undeliver|unable)|transient (?:non-?fatal|error)",
)
FINAL_FAILURE_WORDS = compile_any_of(
    r"fail|undeliver|return|reject|non-?deliver|not delivered|kan ikke leveres|unzustellbar"
)
