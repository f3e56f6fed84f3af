"""The dispatch page's read model: how far the writing is, where the mails are, and which need somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from letters.models import Incident
from notifications.models import Delivery, Dispatch, Notice, State, states
from notifications.showing.explaining import all_mails
from sepo_incident import danish
from sepo_incident.danish import Look
from sepo_incident.pills import Filter, Pill, called, pills_of

SLUGS = {
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
    State.GIVEN_UP: "opgivet",
    State.UNKNOWN: "uvist",
    State.STOPPED: "standset",
    State.TOLD: "fortalt",
    State.REPLACED: "erstattet",
    State.NEEDLESS: "ikke-noedvendig",
}
#: by the states that it shows
type ByState = Filter[Sequence[str]]
FILTERS: list[ByState] = [
    Filter("handling", "Kræver handling", "", states.NEEDS_ACTION),
    Filter("alle", "Alle", "", State.values),
    Filter("i-koe", "I kø", "", [State.READY, State.SENDING]),
    *(Filter[Sequence[str]](slug, *states.STANDINGS[state].look[:2], [state]) for state, slug in SLUGS.items()),
]
ALWAYS_SHOWN = {"handling", "alle", "sendt"}


@dataclass(frozen=True)
class Progress:
    """Numbers of one dispatch. ``last_sent_at``: when the mail server took the last one so far; ``is_held``: on pause,
    so that none of its mails goes out."""

    dispatch: Dispatch
    notices: int
    by_state: dict[str, int]
    last_sent_at: datetime | None = None
    is_held: bool = False

    @property
    def status(self) -> Dispatch.Status:
        return Dispatch.Status(self.dispatch.status)

    @property
    def is_asked(self) -> bool:
        return self.status == Dispatch.Status.ASKED

    @property
    def mails(self) -> int:
        return sum(self.by_state.values())

    def in_states(self, wanted: Sequence[str]) -> int:
        return sum(self.by_state.get(state, 0) for state in wanted)

    @property
    def accepted(self) -> int:
        """The mail server took it, and it has not come back."""
        return self.in_states(states.TAKEN)

    @property
    def in_queue(self) -> int:
        """Being sent, or about to be; not those that wait for a later try."""
        return self.in_states([State.READY, State.SENDING])

    @property
    def deferred(self) -> int:
        return self.in_states([State.DEFERRED])

    @property
    def needing_action(self) -> int:
        return self.in_states(states.NEEDS_ACTION)

    @property
    def stopped(self) -> int:
        return self.in_states([State.STOPPED])

    @property
    def is_unfinished(self) -> bool:
        """Are there notices to write, or mails to send? Then it can be paused and stopped."""
        return not self.dispatch.is_written or self.in_queue + self.deferred > 0

    @property
    def is_moving(self) -> bool:
        """Do the numbers still change by themselves?"""
        if self.is_asked or self.is_held:
            return False
        return not self.dispatch.is_written or self.in_queue > 0

    @property
    def fewer(self) -> int:
        """People who were promised a notice, and whose letters were decided or withdrawn before it was written, or
        the hour was too late."""
        if not self.dispatch.is_written or self.status in Dispatch.CUT_SHORT:
            return 0
        return self.dispatch.promised - self.notices - self.unwritable - len(self.dispatch.held_back)

    @property
    def unwritable(self) -> int:
        """Senders whose notice could not be composed."""
        return len(self.dispatch.failed_receivers)

    @property
    def sent_within(self) -> timedelta | None:
        """From the button to the last mail that was taken, when no more come by themselves."""
        is_over = self.dispatch.is_written and not self.in_queue
        return self.last_sent_at - self.dispatch.requested_at if self.last_sent_at and is_over else None

    @property
    def verdict(self) -> str:
        """«38 mails kræver handling. 2.781 er taget imod af mailserveren.»; "" while some are still on their way."""
        if not self.mails or self.is_unfinished or self.stopped == self.mails:
            return ""
        if self.accepted == self.mails:
            return f"{all_mails(self.mails)} er taget imod af mailserveren."
        needing = f"{danish.count(self.needing_action, 'mail kræver', 'mails kræver')} handling. "
        accepted = f"{danish.number(self.accepted)} er taget imod af mailserveren."
        return f"{needing if self.needing_action else ''}{accepted}"

    @property
    def look(self) -> Look:
        """«Sendt 1.200 af 3.074»: the dispatch in one chip."""
        accepted, mails = danish.number(self.accepted), danish.number(self.mails)
        status = Dispatch.Status.PAUSED if self.is_held and self.is_unfinished else self.status
        if status in Dispatch.LOOKS:
            return Dispatch.LOOKS[status]
        if not self.dispatch.is_written:
            return Look(f"Sendt {accepted}, flere på vej", "is-info", "hourglass")
        if self.in_queue:
            return Look(f"Sendt {accepted} af {mails}", "is-info", "hourglass")
        if self.deferred or self.needing_action:
            return Look(f"Sendt {accepted} af {mails}", "is-soon", "warning" if self.needing_action else "hourglass")
        return Look(f"Sendt {mails} af {mails}", "is-ok", "check") if self.mails else Look("Ingen fik mail")

    def filter_called(self, slug: str) -> ByState:
        """The filter asked for; else what needs action, or everything when nothing does."""
        default = FILTERS[0] if self.needing_action else FILTERS[1]
        return called(slug, FILTERS) or default

    def pills(self, chosen: ByState, address: str) -> list[Pill]:
        """A state that no mail is in has no pill."""
        numbers = {one.slug: self.in_states(one.shows) for one in FILTERS}
        return pills_of(FILTERS, numbers, chosen, f"{address}?tilstand=", ALWAYS_SHOWN)


def progress_of(dispatches: Iterable[Dispatch]) -> list[Progress]:
    """Three queries, however many they are."""
    listed = list(dispatches)
    held = set(Dispatch.objects.held().filter(pk__in=[one.pk for one in listed]).values_list("pk", flat=True))
    notices = dict(
        Notice.objects.filter(dispatch__in=listed).order_by().values_list("dispatch").annotate(number=Count("pk"))
    )
    by_state: dict[int, dict[str, int]] = defaultdict(dict)
    last: dict[int, datetime] = {}
    mails = Delivery.objects.filter(notice__dispatch__in=listed).order_by()
    grouped = mails.values_list("notice__dispatch", states.stands(timezone.now()))
    for pk, state, number, accepted_at in grouped.annotate(number=Count("pk"), last=Max("accepted_at")):
        by_state[pk][state] = number
        if accepted_at:
            last[pk] = max(accepted_at, last.get(pk, accepted_at))
    return [Progress(one, notices.get(one.pk, 0), by_state[one.pk], last.get(one.pk), one.pk in held) for one in listed]


def sent_in(incident: Incident, kinds: Collection[str]) -> list[Progress]:
    """The dispatches of these kinds, newest first: four queries."""
    return progress_of(Dispatch.objects.of(incident).filter(kind__in=kinds).select_related("requested_by"))


def deliveries_in(dispatch: Dispatch, wanted: Sequence[str]) -> QuerySet[Delivery]:
    """The mails of a dispatch in some states, the last to move first."""
    return Delivery.objects.filter(notice__dispatch=dispatch).in_states(wanted).order_by("-changed_at", "pk")
