"""Evidence → what was heard of a mail: the strongest, whatever the order. Evidence of a sending before this is silent.

``Delivery.heard`` and ``away_until`` are always what this makes of the rows in ``Evidence``; ``balance`` compares them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from notifications.models import Delivery, Evidence
from notifications.models.states import STRENGTH

RANK = Case(*(When(proves=state, then=Value(rank)) for rank, state in enumerate(STRENGTH)))
SPEAKS = Evidence.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))
SAYS = Coalesce(Subquery(SPEAKS.order_by(RANK).values("proves")[:1]), Value(""))
AWAY = Subquery(SPEAKS.filter(away_until__isnull=False).order_by("-away_until").values("away_until")[:1])


def weigh(deliveries: Collection[int]) -> None:
    """Write what was heard of these. The caller has locked them before writing the evidence, so nothing is missed."""
    moved = Case(When(heard=SAYS, then=F("changed_at")), default=Value(timezone.now()))
    Delivery.objects.filter(pk__in=deliveries).update(heard=SAYS, away_until=AWAY, changed_at=moved)


def count_right() -> int:
    """How many deliveries say the same as their evidence."""
    weighed = Delivery.objects.annotate(says=SAYS, away=AWAY)
    return weighed.filter(Q(heard=F("says")), Q(away_until=F("away")) | Q(away_until=None, away=None)).count()
