"""Danish sentences that explain a delivery's state and the next step, and the first columns of a list of mails."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from notifications.models import Attempt, Delivery, Evidence, Notice, State, delivery_states
from notifications.outbox.replies_and_retries import CRASH_REPLY
from sepo_incident.accounts.list_export import TableColumn
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, danish

Stage = Attempt.Stage

#: Meaning of mail servers' texts and codes; the first pattern that matches counts.
SERVER_REPLY_MEANINGS = [
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in [
        (r"\b[45]\.2\.2\b|mailbox (is )?full|over quota|quota exceeded|\bfuld\b", "Postkassen er fuld."),
        (
            r"\b5\.1\.(1|10|6)\b|user unknown|unknown user|no such user|recipient (not found|unknown)|ukendt",
            "Adressen findes ikke. Personen kan være fratrådt.",
        ),
        (r"\b5\.1\.[23]\b|domain not found|bad destination", "Domænet efter @ findes ikke."),
        (r"\b5\.2\.1\b|disabled|not accepting", "Postkassen er lukket."),
        (r"\b[45]\.3\.4\b|too (big|large)|message size", "Mailen var for stor til modtagerens mailserver."),
        (r"greylist|grey-list|try again later|prøv senere|\b4\.7\.1\b", "Mailserveren bad os vente."),
        (r"relay", "Mailserveren vil ikke sende vores mails videre."),
        (r"authenti", "Mailserveren afviste vores login."),
    ]
]
#: States whose explanation ends with the next step. For other states the step is obvious or there is none.
STATES_WITH_ADVICE = [
    *(State.REFUSED_SPAM, State.UNKNOWN, State.UNCONFIRMED, State.RELAYED, State.CHALLENGED),
    *(State.COMPLAINT, State.AUTO_REPLY, State.DELAYED, State.STOPPED),
]


def explain_delivery(delivery: Delivery, now: datetime) -> str:
    """Return outcome and next step: «Postkassen er fuld. Vi prøver selv igen i dag kl. 15.00.»"""
    next_step = next_attempt_sentence(delivery, now) or state_advice(delivery.current_state)
    return f"{describe_outcome(delivery)} {next_step}".strip()


def explain_state(state: State) -> str:
    """Return the outcome and the next step that all deliveries in the state share, for the head of a list."""
    return f"{STATE_SENTENCES.get(state, '')} {state_advice(state)}".strip()


def explain_apart_from_state(delivery: Delivery, now: datetime) -> str:
    """Return what `explain_state` leaves out of `explain_delivery`; "" if nothing."""
    outcome = "" if delivery.current_state in STATE_SENTENCES else describe_outcome(delivery)
    return f"{outcome} {next_attempt_sentence(delivery, now)}".strip()


#: Sentences for the states where the mail server's or sender's own words add nothing.
STATE_SENTENCES = {
    State.ACCEPTED: "Mailserveren har taget imod mailen.",
    State.DELIVERED: "Mailen ligger i modtagerens postkasse.",
    State.ACKNOWLEDGED: "Modtageren har svaret om et af brevene.",
    State.RELAYED: "Mailen er sendt videre til et sted, der ikke kvitterer.",
    State.CHALLENGED: "Et filter holder mailen tilbage, til nogen bekræfter den.",
    State.COMPLAINT: "Modtageren har meldt mailen som spam.",
    State.REFUSED_SPAM: "Mailserveren afviste mailen som spam.",
    State.UNCONFIRMED: "Mailserveren tog imod mailen, men vi ved ikke, om den er kommet frem.",
    State.UNAPPROVED: "Adressen er uden for kommunens domæner og ikke godkendt. Mailen er ikke sendt.",
    State.UNKNOWN: "Forbindelsen blev afbrudt. Vi ved ikke, om mailen kom frem.",
    State.TOLD: "Modtageren har fået det at vide i telefonen.",
    State.REPLACED: "Mailen nåede ikke frem. En anden er skrevet i stedet.",
    State.NEEDLESS: "Mailen nåede ikke frem og er ikke længere nødvendig.",
    State.STOPPED: "Udsendelsen blev standset, før mailen blev sendt.",
}


def describe_outcome(delivery: Delivery) -> str:
    state = delivery.current_state
    if state in STATE_SENTENCES:
        return STATE_SENTENCES[state]
    match state:
        case State.READY if delivery.lease:
            return "Mailen er i kø igen."
        case State.READY:
            return "Mailen venter på at blive sendt."
        case State.SENDING:
            return "Mailen bliver sendt lige nu."
        case State.AUTO_REPLY if delivery.away_until:
            return f"Autosvar: væk til {danish.weekday_date_short(delivery.away_until)}."
        case State.AUTO_REPLY:
            return "Modtageren svarer automatisk."
        case State.DELAYED | State.RETURNED:
            return bounce_sentence(delivery)
        case State.GIVEN_UP if delivery.reply == CRASH_REPLY.text:
            return CRASH_REPLY.text
        case State.GIVEN_UP:
            return f"Vi prøvede i et døgn uden resultat. {server_reply_sentence(delivery)}"
    return server_reply_sentence(delivery)


def bounce_sentence(delivery: Delivery) -> str:
    """Return why the mail was returned or is delayed.

    A known reason is translated to Danish. Otherwise the first 160 characters of the mail server's text are quoted
    for a returned mail.
    """
    report = strongest_evidence(delivery)
    words = f"{report.status} {report.reason}".strip() if report else ""
    known = translate_server_reply(words)
    if delivery.evidence_state == State.DELAYED:
        return f"Modtagerens mailserver har ikke afleveret mailen endnu. {known}".strip()
    return known or (f"Mailen kom retur: {words[:160]}" if words else "Mailen kom retur.")


def strongest_evidence(delivery: Delivery) -> Evidence | None:
    """Return the newest evidence that proves `evidence_state` for the present sending, or None.

    Lists prefetch `evidence`.
    """
    counts = [one for one in delivery.evidence.all() if one.proves == delivery.evidence_state]
    return max(
        (one for one in counts if one.lease >= delivery.first_lease), key=lambda one: one.occurred_at, default=None
    )


def translate_server_reply(words: str) -> str:
    """Return the meaning of a mail server's text in Danish, or "" if the meaning is unknown."""
    return next((meaning for pattern, meaning in SERVER_REPLY_MEANINGS if pattern.search(words)), "")


def server_reply_sentence(delivery: Delivery) -> str:
    """Return a sentence on the mail server's last answer, or on the stage where the conversation failed."""
    if delivery.stage == Stage.PREPARE:
        return delivery.reply if delivery.state == State.REFUSED else "Mailen kunne ikke dannes."
    if delivery.stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.LOGIN):
        return "Vi kunne ikke få forbindelse til mailserveren."
    if delivery.code is None:
        return "Forbindelsen til mailserveren røg."
    if delivery.stage == Stage.MAIL:
        return "Mailserveren vil ikke sende mails fra os lige nu."
    return (
        translate_server_reply(delivery.reply)
        or f"Mailserveren svarede: {delivery.code} {cpr.mask(delivery.reply)[:160]}"
    )


def next_attempt_sentence(delivery: Delivery, now: datetime) -> str:
    """Return «Vi prøver selv igen i dag kl. 15.00.» for a deferred mail, else ""."""
    if delivery.current_state != State.DEFERRED or not delivery.next_attempt_at:
        return ""
    when = danish.moment_relative(delivery.next_attempt_at, now)
    return f"Vi prøver selv igen {when[:1].lower()}{when[1:]}."


def state_advice(state: State) -> str:
    return delivery_states.STATE_INFO[state].todo if state in STATES_WITH_ADVICE else ""


def notice_history_sentence(notice: Notice, deliveries: Iterable[Delivery], reader: User) -> str:
    """Return «Koncern IT sendte første besked til dig med Jens Ågård i kopi. Begge mails er nået frem.»

    `reader` is called "dig". Replaced deliveries are left out.
    """
    live = (delivery for delivery in deliveries if not delivery.is_replaced)
    everyone = sorted(live, key=lambda delivery: (delivery.role != Delivery.Role.TO, delivery.pk))
    to = [recipient_name(delivery, reader) for delivery in everyone if delivery.role == Delivery.Role.TO]
    cc = [recipient_name(delivery, reader) for delivery in everyone if delivery.role == Delivery.Role.CC]
    copies = f" med {danish.join_with_and(cc)} i kopi" if cc else ""
    verb = "sendte" if any(delivery.state == State.ACCEPTED for delivery in everyone) else "har skrevet"
    receivers = f"{danish.join_with_and(to)}{copies}"
    return f"{notice.signed_by} {verb} {notice.phrase} til {receivers}. {outcome_summary(everyone, reader)}"


def outcome_summary(deliveries: list[Delivery], reader: User) -> str:
    standing = {delivery.current_state for delivery in deliveries}
    if standing == {State.ACCEPTED}:
        return f"{all_mails_phrase(len(deliveries))} er taget imod af mailserveren."
    if standing <= set(delivery_states.REACHED):
        return f"{all_mails_phrase(len(deliveries))} er nået frem."
    return " ".join(
        f"Mailen til {recipient_name(delivery, reader)}: {short_status(delivery)}." for delivery in deliveries
    )


def short_status(delivery: Delivery) -> str:
    """Return the state in few words: «sendt» · «autosvar, væk til mandag den 20. januar»"""
    label = delivery.badge.label.lower()
    away = delivery.current_state == State.AUTO_REPLY and delivery.away_until
    return f"{label}, væk til {danish.weekday_date_short(away)}" if away else label


def all_mails_phrase(number: int) -> str:
    """Return «Mailen» · «Begge mails» · «Alle tre mails» · «Alle 2.819 mails»"""
    return {1: "Mailen", 2: "Begge mails"}.get(number, f"Alle {danish.number_word(number)} mails")


def recipient_name(delivery: Delivery, reader: User) -> str:
    if delivery.recipient is None:
        return delivery.address
    return "dig" if delivery.recipient_id == reader.pk else delivery.recipient.name


def recipient_columns(mail_of: Callable[[Any], Delivery]) -> list[TableColumn[Any]]:
    """Return the columns of a list whose rows have a mail: its recipient, the role and the unit."""
    return [
        TableColumn("Modtager", lambda row: mail_of(row).recipient_name or mail_of(row).address, 28),
        TableColumn("Rolle", lambda row: danish.capitalized(mail_of(row).get_role_display()), 14),
        TableColumn("Enhed", lambda row: getattr(getattr(mail_of(row).recipient, "unit", None), "name", ""), 32),
        TableColumn("Adresse", lambda row: mail_of(row).address, 32),
    ]
