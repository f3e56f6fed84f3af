"""Whoever has acted on a letter of the notice, signed in and after the mail, has got it. To open a page proves nothing:
mail filters open links before people do (domain.md, *Mail links*).

Nothing below calls us when somebody acts; this looks down and finds it.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import OuterRef, Subquery

from followups.models import Decision
from notifications.inbound.weighing import weigh
from notifications.models import Attempt, Delivery, Evidence
from notifications.models.states import UNDER_WAY, State

#: when the first conversation of this sending began
BEGUN = (
    Attempt.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))
    .order_by("lease")
    .values("started_at")[:1]
)
FIRST_ACT = (
    Decision.objects.filter(
        by=OuterRef("recipient"), followup__notice_items__notice=OuterRef("notice"), at__gte=OuterRef("begun")
    )
    .order_by("at", "pk")
    .values("pk")[:1]
)


@transaction.atomic
def acknowledge() -> int:
    """Keep what people have done as evidence; of how many mails. What another has locked, the next poll takes."""
    at_rest = Delivery.objects.exclude(state__in=UNDER_WAY).exclude(heard=State.ACKNOWLEDGED)
    acted = at_rest.annotate(begun=Subquery(BEGUN)).annotate(act=Subquery(FIRST_ACT)).filter(act__isnull=False)
    locked = Delivery.objects.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    deliveries = locked.in_bulk(list(acted.values_list("pk", flat=True)))
    acts = dict(acted.filter(pk__in=deliveries).values_list("pk", "act"))
    decisions = Decision.objects.in_bulk(acts.values())
    evidence = [acknowledgement(deliveries[pk], decisions[act]) for pk, act in acts.items()]
    Evidence.objects.bulk_create(evidence, ignore_conflicts=True)
    weigh([deliveries[pk] for pk in acts])
    return len(evidence)


def acknowledgement(delivery: Delivery, act: Decision) -> Evidence:
    return Evidence(delivery=delivery, lease=delivery.lease, proves=State.ACKNOWLEDGED, said_at=act.at, decision=act)
