"""Why a mail is where it is, in plain Danish, and what happens next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from notifications.models import Attempt, Delivery, Notice
from notifications.outbox import KILLER
from sepo_incident import cpr, danish
from sepo_incident.accounts.models import User

State, Stage = Delivery.State, Attempt.Stage

#: what mail servers mean, from their words and codes; the first that fits
REASONS = [
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in [
        (r"\b[45]\.2\.2\b|mailbox (is )?full|over quota|quota exceeded|\bfuld\b", "Postkassen er fuld."),
        (
            r"\b5\.1\.(1|10|6)\b|user unknown|unknown user|no such user|recipient (not found|unknown)|ukendt",
            "Adressen findes ikke. Personen kan være stoppet.",
        ),
        (r"\b5\.1\.[23]\b|domain not found|bad destination", "Stedet efter @ i adressen findes ikke."),
        (r"\b5\.2\.1\b|disabled|not accepting", "Postkassen er lukket."),
        (r"\b[45]\.3\.4\b|too (big|large)|message size", "Mailen var for stor til modtagerens mailserver."),
        (r"greylist|grey-list|try again later|prøv senere|\b4\.7\.1\b", "Mailserveren bad os vente lidt."),
        (r"relay", "Mailserveren vil ikke sende mails videre for os."),
        (r"authenti", "Mailserveren vil ikke lukke os ind."),
    ]
]


def why(delivery: Delivery, now: datetime) -> str:
    """«Postkassen er fuld. Vi prøver selv igen i dag kl. 15.00.»"""
    return f"{what_happened(delivery)} {what_next(delivery, now)}".strip()


def what_happened(delivery: Delivery) -> str:
    match delivery.state:
        case State.READY if delivery.lease:
            return "Mailen er lagt i køen igen."
        case State.READY:
            return "Mailen er skrevet og venter på at blive sendt."
        case State.SENDING:
            return "Mailen bliver sendt lige nu."
        case State.ACCEPTED:
            return "Mailserveren har taget imod mailen."
        case State.REFUSED_SPAM:
            return "Mailserveren tog mailen for spam."
        case State.UNKNOWN:
            return "Forbindelsen røg, lige efter at mailen var sendt. Vi ved ikke, om den kom frem."
        case State.GIVEN_UP if delivery.reply == KILLER.text:
            return KILLER.text
        case State.GIVEN_UP:
            return f"Vi prøvede i et døgn uden held. {said(delivery)}"
    return said(delivery)


def said(delivery: Delivery) -> str:
    """What the mail server said last, or that it said nothing."""
    if delivery.stage == Stage.PREPARE:
        return (
            delivery.reply
            if delivery.state == State.REFUSED
            else "Mailen kunne ikke gøres klar. Fejlen er skrevet ned."
        )
    if delivery.stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.LOGIN):
        return "Vi kunne ikke få forbindelse til mailserveren."
    if delivery.code is None:
        return "Forbindelsen til mailserveren røg."
    if delivery.stage == Stage.MAIL:
        return "Mailserveren vil ikke sende mails fra os lige nu."
    reason = next((words for pattern, words in REASONS if pattern.search(delivery.reply)), "")
    return reason or f"Mailserveren svarede: {delivery.code} {cpr.mask(delivery.reply)[:160]}"


def what_next(delivery: Delivery, now: datetime) -> str:
    match delivery.state:
        case State.DEFERRED if delivery.next_attempt_at:
            when = danish.moment_relative(delivery.next_attempt_at, now)
            return f"Vi prøver selv igen {when[:1].lower()}{when[1:]}."
        case State.REFUSED_SPAM:
            return "Få afsenderen godkendt hos mailvagten, før I sender igen."
        case State.UNKNOWN:
            return "Ring, eller send igen."
    return ""


def story(notice: Notice, deliveries: Iterable[Delivery], reader: User) -> str:
    """«Koncern IT sendte et varsel til dig med Jens Ågård i kopi. Begge mails er taget imod af mailserveren.»"""
    everyone = sorted(deliveries, key=lambda delivery: (delivery.role != Delivery.Role.TO, delivery.pk))
    to = [name_of(delivery, reader) for delivery in everyone if delivery.role == Delivery.Role.TO]
    cc = [name_of(delivery, reader) for delivery in everyone if delivery.role == Delivery.Role.CC]
    copies = f" med {danish.listed(cc)} i kopi" if cc else ""
    verb = "sendte" if any(delivery.state == State.ACCEPTED for delivery in everyone) else "har skrevet"
    return f"{notice.signed_by} {verb} et varsel til {danish.listed(to)}{copies}. {how_it_went(everyone, reader)}"


def how_it_went(deliveries: list[Delivery], reader: User) -> str:
    accepted = [delivery for delivery in deliveries if delivery.state == State.ACCEPTED]
    if len(accepted) == len(deliveries):
        return f"{all_mails(len(deliveries))} er taget imod af mailserveren."
    return " ".join(
        f"Mailen til {name_of(delivery, reader)}: {delivery.look.label.lower()}." for delivery in deliveries
    )


def all_mails(number: int) -> str:
    """«Mailen» · «Begge mails» · «Alle tre mails» · «Alle 2.819 mails»"""
    return {1: "Mailen", 2: "Begge mails"}.get(number, f"Alle {danish.number_word(number)} mails")


def name_of(delivery: Delivery, reader: User) -> str:
    if delivery.recipient is None:
        return delivery.address
    return "dig" if delivery.recipient_id == reader.pk else delivery.recipient.name
