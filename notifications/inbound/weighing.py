"""Evidence → what was heard of a mail: the strongest, whatever the order. Evidence of a sending before this is silent.

Who answers has got the mail; but where a mail server told the return path that it did not arrive, an answer that is
known by the number of the mail alone is weaker, for that number is no secret and anybody can write a name. A vacation
reply and a filter's question are answers too.

``Delivery.heard`` and ``away_until`` are always what this makes of the rows in ``Evidence``; ``balance`` has the
database make it anew and compares.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Case, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from notifications.models import Delivery, Evidence, IncomingMail
from notifications.models.states import STRENGTH, State

BY_NUMBER = Q(mail__matched_by=IncomingMail.MatchedBy.MESSAGE_ID)
NOT_ARRIVED = STRENGTH.index(State.RETURNED)
#: the strongest is 0; what is known by the number alone comes behind what did not arrive, in its own order
RANK = Case(
    *(When(BY_NUMBER, proves=state, then=Value(NOT_ARRIVED + (rank + 1) / 100)) for rank, state in enumerate(STRENGTH)),
    *(When(proves=state, then=Value(float(rank))) for rank, state in enumerate(STRENGTH)),
    output_field=FloatField(),
)
SPEAKS = Evidence.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))


def weigh(deliveries: Collection[Delivery]) -> None:
    """Write what was heard of these. They are locked since before the evidence was written, so nothing is missed."""
    told: dict[int, list[Evidence]] = {delivery.pk: [] for delivery in deliveries}
    for one in Evidence.objects.filter(delivery__in=told).annotate(rank=RANK):
        told[one.delivery_id].append(one)
    changed = [delivery for delivery in deliveries if has_changed(delivery, told[delivery.pk])]
    Delivery.objects.bulk_update(changed, ["heard", "away_until", "changed_at"], batch_size=500)


def has_changed(delivery: Delivery, evidence: Collection[Evidence]) -> bool:
    """Set what was heard on the delivery; is it something new?"""
    speaks = [one for one in evidence if one.lease >= delivery.first_lease]
    heard = min(speaks, key=lambda one: one.rank).proves if speaks else ""  # type: ignore[attr-defined]
    away_until = max((one.away_until for one in speaks if one.away_until), default=None)
    if (heard, away_until) == (delivery.heard, delivery.away_until):
        return False
    if heard != delivery.heard:
        delivery.changed_at = timezone.now()
    delivery.heard, delivery.away_until = heard, away_until
    return True


def count_right() -> int:
    """How many deliveries say the same as their evidence."""
    weighed = Delivery.objects.annotate(
        says=Coalesce(Subquery(SPEAKS.order_by(RANK).values("proves")[:1]), Value("")),
        away=Subquery(SPEAKS.filter(away_until__isnull=False).order_by("-away_until").values("away_until")[:1]),
    )
    return weighed.filter(Q(heard=F("says")), Q(away_until=F("away")) | Q(away_until=None, away=None)).count()
