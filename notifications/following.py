"""The dispatch page's read model: how far the writing is, where the mails are, and which need somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from letters.models import Incident
from notifications.explaining import all_mails
from notifications.models import Delivery, Dispatch, Notice, State, states
from sepo_incident import danish
from sepo_incident.danish import Look
from sepo_incident.pills import Pill


class Filter(NamedTuple):
    """A pill: some states under one word."""

    slug: str
    label: str
    tone: str
    states: Sequence[str]


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
}
FILTERS = [
    Filter("handling", "Kræver handling", "", states.NEEDS_ACTION),
    Filter("alle", "Alle", "", State.values),
    Filter("i-koe", "I kø", "", [State.READY, State.SENDING]),
    *(Filter(slug, *states.STANDINGS[state].look[:2], [state]) for state, slug in SLUGS.items()),
]
ALWAYS_SHOWN = {"handling", "alle", "sendt"}


@dataclass(frozen=True)
class Progress:
    """Numbers of one dispatch. ``last_sent_at``: when the mail server took the last one so far."""

    dispatch: Dispatch
    notices: int
    by_state: dict[str, int]
    last_sent_at: datetime | None = None

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
    def is_moving(self) -> bool:
        """Do the numbers still change by themselves?"""
        return not self.dispatch.is_written or self.in_queue > 0

    @property
    def fewer(self) -> int:
        """Senders who were promised a notice, and whose letters were decided or withdrawn before it was written."""
        return self.dispatch.promised - self.notices - self.unwritable if self.dispatch.is_written else 0

    @property
    def unwritable(self) -> int:
        """Senders whose notice could not be composed."""
        return len(self.dispatch.failed_receivers)

    @property
    def sent_within(self) -> timedelta | None:
        """From the button to the last mail that was taken, when no more come by themselves."""
        return self.last_sent_at - self.dispatch.requested_at if self.last_sent_at and not self.is_moving else None

    @property
    def verdict(self) -> str:
        """«38 mails kræver handling. 2.781 er taget imod af mailserveren.»; "" while some are still on their way."""
        if not self.mails or self.is_moving or self.deferred:
            return ""
        if not self.needing_action:
            return f"{all_mails(self.mails)} er taget imod af mailserveren."
        needing = danish.count(self.needing_action, "mail kræver", "mails kræver")
        return f"{needing} handling. {danish.number(self.accepted)} er taget imod af mailserveren."

    @property
    def look(self) -> Look:
        """«Sendt 1.200 af 3.074»: the dispatch in one chip."""
        accepted, mails = danish.number(self.accepted), danish.number(self.mails)
        if not self.dispatch.is_written:
            return Look(f"Sendt {accepted}, flere på vej", "is-info", "hourglass")
        if self.in_queue:
            return Look(f"Sendt {accepted} af {mails}", "is-info", "hourglass")
        if self.deferred or self.needing_action:
            return Look(f"Sendt {accepted} af {mails}", "is-soon", "warning" if self.needing_action else "hourglass")
        return Look(f"Sendt {mails} af {mails}", "is-ok", "check") if self.mails else Look("Ingen fik mail")

    def filter_called(self, slug: str) -> Filter:
        """The filter asked for; else what needs action, or everything when nothing does."""
        default = FILTERS[0] if self.needing_action else FILTERS[1]
        return next((one for one in FILTERS if one.slug == slug), default)

    def pills(self, chosen: Filter, address: str) -> list[Pill]:
        """A state that no mail is in has no pill."""
        return [
            Pill(one.label, f"{address}?tilstand={one.slug}", self.in_states(one.states), one.tone, one == chosen)
            for one in FILTERS
            if one.slug in ALWAYS_SHOWN or one == chosen or self.in_states(one.states)
        ]


def progress_of(dispatches: Iterable[Dispatch]) -> list[Progress]:
    """Two queries, however many they are."""
    listed = list(dispatches)
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
    return [Progress(one, notices.get(one.pk, 0), by_state[one.pk], last.get(one.pk)) for one in listed]


def sent_in(incident: Incident) -> list[Progress]:
    """The dispatches of an incident, newest first: three queries."""
    return progress_of(Dispatch.objects.of(incident).select_related("requested_by"))


def deliveries_in(dispatch: Dispatch, wanted: Sequence[str]) -> QuerySet[Delivery]:
    """The mails of a dispatch in some states, the last to move first."""
    return Delivery.objects.filter(notice__dispatch=dispatch).in_states(wanted).order_by("-changed_at", "pk")
