"""The people whom a mail has not reached, by remedy: what somebody must do now."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from letters.models import Incident
from notifications.models import Delivery, State, delivery_states
from notifications.outbox.delivery_explanations import recipient_columns
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.core import danish


class Remedy(NamedTuple):
    """What somebody must do. `states`: the states with this remedy; `way`: the resolution to offer first."""

    slug: str
    label: str
    states: tuple[State, ...]
    way: str

    @property
    def sentence(self) -> str:
        return delivery_states.STATE_INFO[self.states[0]].todo

    @property
    def owner(self) -> str:
        return delivery_states.STATE_INFO[self.states[0]].owner.label


#: The remedies, the most certain failures first. Together the states are those of *Ikke nået*.
REMEDIES = [
    Remedy("adresse", "Ret adressen", (State.REFUSED, State.RETURNED), "adresse"),
    Remedy("godkend", "Godkend adressen", (State.UNAPPROVED,), "godkend"),
    Remedy("ring", "Ring, eller send igen", (State.GIVEN_UP, State.UNKNOWN, State.UNCONFIRMED), "fortalt"),
    Remedy("spoerg", "Spørg modtageren", (State.RELAYED,), "fortalt"),
    Remedy("holdt", "Bekræft mailen", (State.CHALLENGED,), "fortalt"),
    Remedy("spam", "Ring om spam", (State.COMPLAINT,), "fortalt"),
    Remedy("mailvagt", "Få os godkendt", (State.REFUSED_SPAM,), "fortalt"),
    Remedy("anden", "Find en anden", (State.AUTO_REPLY,), "fortalt"),
]


def remedy_of(state: State) -> Remedy | None:
    return next((one for one in REMEDIES if state in one.states), None)


@dataclass(frozen=True)
class UnreachedPerson:
    """A person at an address, with the newest failed mail and the number of failed mails."""

    newest_mail: Delivery
    mails: int

    @property
    def remedy(self) -> Remedy:
        remedy = remedy_of(self.newest_mail.current_state)
        assert remedy, "every state of the list has a remedy"  # noqa: S101
        return remedy

    @property
    def name(self) -> str:
        recipient = self.newest_mail.recipient
        return recipient.name if recipient else self.newest_mail.address

    @property
    def waiting_time(self) -> timedelta:
        return timezone.now() - self.newest_mail.changed_at


#: A row is (person, reason).
UNREACHED_EXPORT: TableExport[tuple[UnreachedPerson, str]] = TableExport(
    "ikke-naaet",
    "Ikke nået",
    [
        *recipient_columns(lambda row: row[0].newest_mail),
        TableColumn("Mails", lambda row: row[0].mails, 8),
        TableColumn("Tilstand", lambda row: row[0].newest_mail.badge.label, 18),
        TableColumn("Årsag", lambda row: row[1], 70),
        TableColumn("Telefon", lambda row: getattr(row[0].newest_mail.recipient, "phone", ""), 14),
        TableColumn("Har ventet", lambda row: danish.duration(row[0].waiting_time), 14),
        TableColumn("Siden", lambda row: row[0].newest_mail.changed_at, 17),
    ],
)


def list_unreached_people(incident: Incident | None = None) -> list[UnreachedPerson]:
    """Return the people unreached in the incident, with None in all, the longest waiting first. Two queries.

    The list is short enough to be paginated in memory.
    """
    mails = Delivery.objects.awaiting_resolution().of_incident(incident)
    mails = mails.select_related("recipient__unit", "notice__dispatch__incident")
    newest_mails: dict[tuple[int | None, str], Delivery] = {}
    numbers: Counter[tuple[int | None, str]] = Counter()
    for mail in mails.prefetch_related("evidence").order_by("pk"):
        at = (mail.recipient_id, mail.address.lower())
        newest_mails[at] = mail
        numbers[at] += 1
    people = [UnreachedPerson(mail, numbers[at]) for at, mail in newest_mails.items()]
    return sorted(people, key=lambda one: (one.newest_mail.changed_at, one.newest_mail.pk))
