"""The dispatch page's read model: how far the writing is, where the mails are, and which need somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, QuerySet

from letters.models import Incident
from notifications.explaining import all_mails
from notifications.models import Delivery, Dispatch, Notice
from sepo_incident import danish
from sepo_incident.danish import Look
from sepo_incident.pills import Pill

State = Delivery.State


class Filter(NamedTuple):
    """A pill: some states under one word."""

    slug: str
    label: str
    tone: str
    states: Sequence[str]


FILTERS = [
    Filter("handling", "Kræver handling", "", Delivery.NEEDS_ACTION),
    Filter("alle", "Alle", "", State.values),
    Filter("i-koe", "I kø", "", [State.READY, State.SENDING]),
    Filter("proeves-igen", "Prøves igen", "is-soon", [State.DEFERRED]),
    Filter("sendt", "Sendt", "is-ok", [State.ACCEPTED]),
    Filter("afvist", "Afvist", "is-late", [State.REFUSED]),
    Filter("spam", "Afvist som spam", "is-late", [State.REFUSED_SPAM]),
    Filter("opgivet", "Opgivet", "is-late", [State.GIVEN_UP]),
    Filter("uvist", "Uvist", "is-soon", [State.UNKNOWN]),
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

    def in_states(self, states: Sequence[str]) -> int:
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def accepted(self) -> int:
        return self.in_states([State.ACCEPTED])

    @property
    def in_queue(self) -> int:
        """Being sent, or about to be; not those that wait for a later try."""
        return self.in_states([State.READY, State.SENDING])

    @property
    def deferred(self) -> int:
        return self.in_states([State.DEFERRED])

    @property
    def needing_action(self) -> int:
        return self.in_states(Delivery.NEEDS_ACTION)

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
    states: dict[int, dict[str, int]] = defaultdict(dict)
    last: dict[int, datetime] = {}
    grouped = Delivery.objects.filter(notice__dispatch__in=listed).order_by().values_list("notice__dispatch", "state")
    for pk, state, number, accepted_at in grouped.annotate(number=Count("pk"), last=Max("accepted_at")):
        states[pk][state] = number
        if accepted_at:
            last[pk] = accepted_at
    return [Progress(one, notices.get(one.pk, 0), states[one.pk], last.get(one.pk)) for one in listed]


def sent_in(incident: Incident) -> list[Progress]:
    """The dispatches of an incident, newest first: three queries."""
    return progress_of(Dispatch.objects.of(incident).select_related("requested_by"))


def deliveries_in(dispatch: Dispatch, states: Sequence[str]) -> QuerySet[Delivery]:
    """The mails of a dispatch in some states, the last to move first."""
    return Delivery.objects.filter(notice__dispatch=dispatch, state__in=states).order_by("-changed_at", "pk")
