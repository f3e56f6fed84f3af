"""States of a delivery: label, owner and next step of each state, and the rules that derive the state.

Only *Afleveret* and *Kvitteret* are good ends. The state follows from the mail server's answer (`Delivery.state`,
written by the outbox), the strongest evidence received since (`Delivery.evidence_state`, emptied when a person sends
the mail again) and the clock: an accepted mail without any evidence becomes *Ubekræftet*. A resolution by a person
(`Delivery.resolution_state`) overrides all of this.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import models

from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.sql_expression import SqlExpression, sql_expression


class State(models.TextChoices):
    """The states that a delivery can have."""

    # in the outbox
    READY = "READY", "i kø"
    SENDING = "SENDING", "bliver sendt"
    DEFERRED = "DEFERRED", "prøves igen"
    # answers of the mail server
    ACCEPTED = "ACCEPTED", "sendt"
    REFUSED = "REFUSED", "afvist"
    REFUSED_SPAM = "REFUSED_SPAM", "afvist som spam"
    GIVEN_UP = "GIVEN_UP", "opgivet"
    UNKNOWN = "UNKNOWN", "uvist"
    # held back by us
    UNAPPROVED = "UNAPPROVED", "adressen er ikke godkendt"
    STOPPED = "STOPPED", "standset"
    # evidence received after sending
    DELAYED = "DELAYED", "forsinket"
    RELAYED = "RELAYED", "sendt videre"
    RETURNED = "RETURNED", "kom retur"
    DELIVERED = "DELIVERED", "afleveret"
    AUTO_REPLY = "AUTO_REPLY", "autosvar"
    CHALLENGED = "CHALLENGED", "holdt tilbage"
    COMPLAINT = "COMPLAINT", "meldt som spam"
    ACKNOWLEDGED = "ACKNOWLEDGED", "kvitteret"
    # set by the clock
    UNCONFIRMED = "UNCONFIRMED", "ubekræftet"
    # resolved by a person
    TOLD = "TOLD", "fortalt i telefonen"
    REPLACED = "REPLACED", "erstattet"
    NEEDLESS = "NEEDLESS", "ikke nødvendig"


class Owner(models.TextChoices):
    """The party that must act next on a delivery."""

    SYSTEM = "SYSTEM", "systemet"
    KIT = "KIT", "Koncern IT"
    DESK = "DESK", "Koncern IT ved næste udsendelse"
    LEADER = "LEADER", "lederen"
    NOBODY = "NOBODY", "ingen"


class StateInfo(NamedTuple):
    """The badge of a state, the owner, and `todo`: the owner's next step as a Danish sentence."""

    badge: Badge
    owner: Owner
    todo: str = ""


STATE_INFO = {
    State.READY: StateInfo(Badge("I kø", "", "hourglass"), Owner.SYSTEM, "Mailen sendes af sig selv."),
    State.SENDING: StateInfo(Badge("Bliver sendt", "is-info", "hourglass"), Owner.SYSTEM, "Mailen sendes af sig selv."),
    State.DEFERRED: StateInfo(Badge("Prøves igen", "is-soon", "hourglass"), Owner.SYSTEM, "Vi prøver selv igen."),
    State.ACCEPTED: StateInfo(
        Badge("Sendt", "is-info", "check"), Owner.SYSTEM, "Vi venter på at høre, om mailen er nået frem."
    ),
    State.DELAYED: StateInfo(
        Badge("Forsinket", "is-soon", "hourglass"), Owner.SYSTEM, "Modtagerens mailserver prøver selv igen."
    ),
    State.DELIVERED: StateInfo(Badge("Afleveret", "is-ok", "check"), Owner.NOBODY),
    State.ACKNOWLEDGED: StateInfo(Badge("Kvitteret", "is-ok", "check"), Owner.NOBODY),
    State.AUTO_REPLY: StateInfo(
        Badge("Autosvar", "is-soon", "person"), Owner.LEADER, "Få en anden til at tage brevene, mens modtageren er væk."
    ),
    State.RELAYED: StateInfo(Badge("Sendt videre", "is-soon", ""), Owner.KIT, "Spørg modtageren, om mailen er kommet."),
    State.UNCONFIRMED: StateInfo(Badge("Ubekræftet", "is-soon", ""), Owner.KIT, "Ring, eller send igen."),
    State.UNKNOWN: StateInfo(Badge("Uvist", "is-soon", ""), Owner.KIT, "Ring, eller send igen."),
    State.CHALLENGED: StateInfo(
        Badge("Holdt tilbage", "is-soon", ""), Owner.KIT, "Ring, eller bekræft mailen, som filteret beder om."
    ),
    State.COMPLAINT: StateInfo(
        Badge("Meldt som spam", "is-late", ""), Owner.KIT, "Ring, og fortæl, at mailen er ægte. Send ikke igen."
    ),
    State.REFUSED: StateInfo(Badge("Afvist", "is-late", ""), Owner.KIT, "Ret adressen, eller ring."),
    State.REFUSED_SPAM: StateInfo(
        Badge("Afvist som spam", "is-late", ""), Owner.KIT, "Få afsenderen godkendt hos mailvagten, før I sender igen."
    ),
    State.RETURNED: StateInfo(Badge("Kom retur", "is-late", ""), Owner.KIT, "Ret adressen, eller ring."),
    State.UNAPPROVED: StateInfo(Badge("Ikke godkendt", "is-late", ""), Owner.KIT, "Godkend adressen, eller ret den."),
    State.GIVEN_UP: StateInfo(Badge("Opgivet", "is-late", ""), Owner.KIT, "Ring, eller send igen."),
    State.STOPPED: StateInfo(
        Badge("Standset", "", "close"),
        Owner.DESK,
        "Mangler afsenderen stadig at svare, er brevene med i næste udsendelse.",
    ),
    State.TOLD: StateInfo(Badge("Fortalt i telefonen", "is-ok", "check"), Owner.NOBODY),
    State.REPLACED: StateInfo(Badge("Erstattet", "", ""), Owner.NOBODY, "En ny mail er skrevet i stedet."),
    State.NEEDLESS: StateInfo(Badge("Ikke nødvendig", "", ""), Owner.NOBODY),
}

SENDING_STATES = [State.READY, State.SENDING, State.DEFERRED]
OUTBOX_STATES = [
    *(*SENDING_STATES, State.ACCEPTED, State.REFUSED, State.REFUSED_SPAM, State.GIVEN_UP),
    *(State.UNKNOWN, State.UNAPPROVED, State.STOPPED),
]
#: States that evidence can prove, strongest first. A person who acted has read the mail. An auto-reply, a challenge or
#: a complaint also proves that the mail reached the mailbox. A mail that reached the mailbox was not lost, even if a
#: forwarded copy was.
EVIDENCE_STRENGTH = [
    *(State.ACKNOWLEDGED, State.COMPLAINT, State.CHALLENGED, State.AUTO_REPLY, State.DELIVERED),
    *(State.REFUSED_SPAM, State.RETURNED, State.RELAYED, State.DELAYED),
]
REACHED = [State.DELIVERED, State.ACKNOWLEDGED]
#: resolutions of a failed mail by a person; *Fortalt* is also a good end, on that person's word
RESOLVED = [State.TOLD, State.REPLACED, State.NEEDLESS]
#: the mail did not reach the address
UNREACHED = [State.REFUSED, State.RETURNED, State.GIVEN_UP, State.UNAPPROVED]
#: KIT must act
NEEDS_ACTION = [state for state, standing in STATE_INFO.items() if standing.owner == Owner.KIT]
#: listed on *Ikke nået*: somebody must make sure that the person hears of the letters
AWAITING_RESOLUTION = [state for state, standing in STATE_INFO.items() if standing.owner in (Owner.KIT, Owner.LEADER)]
#: a person may send the same mail again
RETRYABLE = [
    *(State.REFUSED, State.REFUSED_SPAM, State.RETURNED, State.GIVEN_UP),
    *(State.UNKNOWN, State.UNCONFIRMED, State.RELAYED, State.CHALLENGED),
]
#: a mail server accepted the mail and has not returned it
TAKEN_BY_SERVER = [
    *(State.ACCEPTED, State.UNCONFIRMED, State.DELAYED, State.RELAYED, State.DELIVERED),
    *(State.AUTO_REPLY, State.CHALLENGED, State.COMPLAINT, State.ACKNOWLEDGED),
]

DELIVERY_TABLES = {"delivery": "state"}
#: an accepted mail without any evidence becomes *Ubekræftet* after this time
MAX_SILENCE = timedelta(hours=24)
#: mail servers retry for five days and then report the failure
MAX_DELAY = timedelta(days=5)


def state_expression(now: datetime) -> SqlExpression:
    """Return the SQL expression of a delivery's state at `now`.

    While a mail is in the outbox, `Delivery.state` counts and evidence about earlier attempts does not.
    """
    return sql_expression(
        """CASE
            WHEN {delivery}.resolution_state <> '' THEN {delivery}.resolution_state
            WHEN {delivery}.state = ANY({sending}) THEN {delivery}.state
            WHEN {delivery}.evidence_state = '' AND {delivery}.state = 'ACCEPTED'
                AND {delivery}.accepted_at <= {silent_since} THEN 'UNCONFIRMED'
            WHEN {delivery}.evidence_state = '' THEN {delivery}.state
            WHEN {delivery}.evidence_state = 'DELAYED' AND {delivery}.changed_at <= {delayed_since} THEN 'UNCONFIRMED'
            WHEN {delivery}.evidence_state = 'AUTO_REPLY' AND {delivery}.away_until < {today} THEN 'DELIVERED'
            ELSE {delivery}.evidence_state
        END""",
        DELIVERY_TABLES,
        models.CharField(),
        sending=SENDING_STATES,
        silent_since=now - MAX_SILENCE,
        delayed_since=now - MAX_DELAY,
        today=danish.local_date(now),
    )


def awaits_resolution(now: datetime) -> SqlExpression:
    """Match the deliveries listed on *Ikke nået*: somebody must make sure that the person hears of the letters.

    Canaries are left out, because a missing canary raises an alarm, and so are mails of closed incidents, and the
    news about a corrected address, which also goes to the address that did not work.
    """
    return sql_expression(
        """{state} = ANY({states}) AND NOT EXISTS (
            SELECT FROM notifications_notice AS notice
            LEFT JOIN notifications_dispatch AS dispatch ON dispatch.id = notice.dispatch_id
            LEFT JOIN letters_incident AS incident ON incident.id = dispatch.incident_id
            WHERE notice.id = {delivery}.notice_id
                AND (notice.kind IN ('CANARY', 'BOUNCE_CANARY', 'ACCESS_CHANGED') OR incident.status = 'CLOSED')
        )""",
        DELIVERY_TABLES,
        state=state_expression(now),
        states=AWAITING_RESOLUTION,
    )
