"""The dispatch page's read model: how far the writing is, where the mails are, and which need somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, QuerySet

from notifications.models import Delivery, Dispatch

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


@dataclass
class Progress:
    """Numbers of one dispatch: two queries."""

    dispatch: Dispatch

    @cached_property
    def notices(self) -> int:
        return self.dispatch.notices.count()

    @cached_property
    def by_state(self) -> dict[str, int]:
        grouped = Delivery.objects.filter(notice__dispatch=self.dispatch).values_list("state").order_by()
        return dict(grouped.annotate(number=Count("pk")))

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
        """Senders who were promised a notice and had decided everything before it was written."""
        return self.dispatch.promised - self.notices - self.unwritable if self.dispatch.is_written else 0

    @property
    def unwritable(self) -> int:
        """Senders whose notice could not be composed."""
        return len(self.dispatch.failed_senders)

    def filter_called(self, slug: str) -> Filter:
        """The filter asked for; else what needs action, or everything when nothing does."""
        default = FILTERS[0] if self.needing_action else FILTERS[1]
        return next((one for one in FILTERS if one.slug == slug), default)

    def pills(self, chosen: Filter, address: str) -> list[dict[str, object]]:
        """Rows for components/pills.html; a state that no mail is in has no pill."""
        return [
            {
                "label": one.label,
                "url": f"{address}?tilstand={one.slug}",
                "count": self.in_states(one.states),
                "tone": one.tone,
                "is_current": one == chosen,
            }
            for one in FILTERS
            if one.slug in ALWAYS_SHOWN or one == chosen or self.in_states(one.states)
        ]


def deliveries_in(dispatch: Dispatch, states: Sequence[str]) -> QuerySet[Delivery]:
    """The mails of a dispatch in some states, the last to move first."""
    return Delivery.objects.filter(notice__dispatch=dispatch, state__in=states).order_by("-changed_at", "pk")
