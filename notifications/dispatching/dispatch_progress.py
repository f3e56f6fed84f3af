"""The data of the dispatch page: notices written, mails per state, mails that need action; and the file."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.utils import timezone

from letters.models import Incident
from notifications.models import Delivery, Dispatch, State, delivery_states
from notifications.outbox.delivery_explanations import all_mails_phrase, explain_delivery, recipient_columns
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.core import danish
from sepo_incident.core.components import ListFilter, Pill, build_pills
from sepo_incident.core.danish import Badge
from sepo_incident.core.sql_expression import sql_expression
from sepo_incident.core.sql_files import read_sql

_PROGRESS_SQL = read_sql(__file__, "dispatch_progress.sql")
STATE_SLUGS = {
    State.DEFERRED: "proeves-igen",
    State.ACCEPTED: "sendt",
    State.DELAYED: "forsinket",
    State.DELIVERED: "afleveret",
    State.ACKNOWLEDGED: "kvitteret",
    State.AUTO_REPLY: "autosvar",
    State.UNCONFIRMED: "ubekraeftet",
    State.RELAYED: "sendt-videre",
    State.CHALLENGED: "holdt-tilbage",
    State.COMPLAINT: "meldt",
    State.RETURNED: "retur",
    State.REFUSED: "afvist",
    State.REFUSED_SPAM: "spam",
    State.UNAPPROVED: "ikke-godkendt",
    State.GIVEN_UP: "opgivet",
    State.UNKNOWN: "uvist",
    State.STOPPED: "standset",
    State.TOLD: "fortalt",
    State.REPLACED: "erstattet",
    State.NEEDLESS: "ikke-noedvendig",
}
#: Selects the mails in some delivery states.
type StateFilter = ListFilter[Sequence[str]]
STATE_FILTERS: list[StateFilter] = [
    ListFilter("handling", "Kræver handling", "", delivery_states.NEEDS_ACTION),
    ListFilter("alle", "Alle", "", State.values),
    ListFilter("i-koe", "I kø", "", [State.READY, State.SENDING]),
    *(
        ListFilter[Sequence[str]](slug, *delivery_states.STATE_INFO[state].badge[:2], [state])
        for state, slug in STATE_SLUGS.items()
    ),
]


@dataclass(frozen=True)
class DispatchProgress:
    """The numbers of one dispatch.

    `by_state`: {state: number of mails}. `last_sent_at`: when the mail server accepted the latest mail.
    `is_paused`: no mail goes out because the mail of the incident is on pause.
    """

    dispatch: Dispatch
    notices: int
    by_state: dict[str, int]
    last_sent_at: datetime | None = None
    is_paused: bool = False

    @property
    def status(self) -> Dispatch.Status:
        return Dispatch.Status(self.dispatch.status)

    @property
    def mails(self) -> int:
        return sum(self.by_state.values())

    def in_states(self, wanted: Sequence[str]) -> int:
        return sum(self.by_state.get(state, 0) for state in wanted)

    @property
    def accepted(self) -> int:
        """Mails that a mail server accepted and has not returned."""
        return self.in_states(delivery_states.TAKEN_BY_SERVER)

    @property
    def in_queue(self) -> int:
        """Mails being sent or ready to send, without mails that wait for a retry."""
        return self.in_states([State.READY, State.SENDING])

    @property
    def deferred(self) -> int:
        return self.in_states([State.DEFERRED])

    @property
    def needing_action(self) -> int:
        return self.in_states(delivery_states.NEEDS_ACTION)

    @property
    def stopped(self) -> int:
        return self.in_states([State.STOPPED])

    @property
    def is_unfinished(self) -> bool:
        """Whether notices are left to write or mails left to send. Such a dispatch can be stopped."""
        return not self.dispatch.is_written or self.in_queue + self.deferred > 0

    @property
    def is_moving(self) -> bool:
        """Whether the numbers still change without human action."""
        if self.is_paused:
            return False
        return not self.dispatch.is_written or self.in_queue > 0

    @property
    def not_written(self) -> int:
        """Promised notices that were never written.

        The letters were decided or withdrawn before the notice was written, or the dispatch had closed.
        """
        if not self.dispatch.is_written or self.status in Dispatch.CUT_SHORT:
            return 0
        return self.dispatch.promised - self.notices - self.not_composed - len(self.dispatch.held_back)

    @property
    def not_composed(self) -> int:
        return len(self.dispatch.failed_receivers)

    @property
    def sent_within(self) -> timedelta | None:
        """The time from the request to the last accepted mail, or None while mails are still being sent."""
        is_over = self.dispatch.is_written and not self.in_queue
        return self.last_sent_at - self.dispatch.requested_at if self.last_sent_at and is_over else None

    @property
    def verdict(self) -> str:
        """«38 mails kræver handling. 2.781 er taget imod af mailserveren.»; "" while mails are left to send."""
        if not self.mails or self.is_unfinished or self.stopped == self.mails:
            return ""
        if self.accepted == self.mails:
            return f"{all_mails_phrase(self.mails)} er taget imod af mailserveren."
        needing = f"{danish.count(self.needing_action, 'mail kræver', 'mails kræver')} handling. "
        accepted = f"{danish.number(self.accepted)} er taget imod af mailserveren."
        return f"{needing if self.needing_action else ''}{accepted}"

    @property
    def badge(self) -> Badge:
        """«Sendt 1.200 af 3.074»: the badge that sums up the dispatch."""
        accepted, mails = danish.number(self.accepted), danish.number(self.mails)
        if self.is_paused and self.is_unfinished:
            return Badge("På pause", "is-soon", "warning")
        if self.status in Dispatch.BADGES:
            return Dispatch.BADGES[self.status]
        if not self.dispatch.is_written:
            return Badge(f"Sendt {accepted}, flere på vej", "is-info", "hourglass")
        if self.in_queue:
            return Badge(f"Sendt {accepted} af {mails}", "is-info", "hourglass")
        if self.deferred or self.needing_action:
            return Badge(f"Sendt {accepted} af {mails}", "is-soon", "warning" if self.needing_action else "hourglass")
        return Badge(f"Sendt {mails} af {mails}", "is-ok", "check") if self.mails else Badge("Ingen fik mail")

    def pills(self, chosen: StateFilter, address: str) -> list[Pill]:
        """Return the filter pills. Except for a few filters, a state without mails has no pill."""
        numbers = {one.slug: self.in_states(one.shows) for one in STATE_FILTERS}
        return build_pills(STATE_FILTERS, numbers, chosen, f"{address}?tilstand=", {"handling", "alle", "sendt"})


def load_progress(dispatches: Iterable[Dispatch]) -> list[DispatchProgress]:
    """Return the progress of the dispatches. One query for any number of dispatches."""
    listed = list(dispatches)
    state = delivery_states.state_expression(timezone.now())
    query = sql_expression(_PROGRESS_SQL, {}, state=state, dispatches=[one.pk for one in listed])
    numbers = {pk: found for pk, *found in query.fetch()}
    progress = []
    for one in listed:
        notices, by_state, last_sent_at, is_paused = numbers[one.pk]
        progress.append(DispatchProgress(one, notices, by_state or {}, last_sent_at, is_paused))
    return progress


def list_dispatches_with_progress(incident: Incident, kinds: Collection[str]) -> list[DispatchProgress]:
    """Return the dispatches of the kinds with progress, newest first. Two queries."""
    return load_progress(incident.dispatches.filter(kind__in=kinds).select_related("requested_by"))


#: The mails of a dispatch as a file. It reveals nothing about letters. A row is (mail, now).
MAIL_EXPORT: TableExport[tuple[Delivery, datetime]] = TableExport(
    "udsendelse",
    "Mails",
    [
        *recipient_columns(itemgetter(0)),
        TableColumn("Tilstand", lambda row: row[0].badge.label, 18),
        TableColumn("Årsag og næste skridt", lambda row: explain_delivery(*row), 70),
        TableColumn("Hvem", lambda row: row[0].owner.label, 24),
        TableColumn("Hvornår", lambda row: row[0].changed_at, 17),
        TableColumn("Forsøg", lambda row: row[0].attempts, 9),
        TableColumn("Svarkode", lambda row: row[0].code, 10),
        TableColumn("Mailserverens svar", lambda row: row[0].reply, 70),
        TableColumn("Nummer hos mailserveren", lambda row: row[0].queue_id, 24),
    ],
)
