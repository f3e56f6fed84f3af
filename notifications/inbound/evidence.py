"""What a mail proves about a delivery. Pure.

Evidence → what was heard of a mail: the strongest, whatever the order. Evidence of a sending before this is silent.

Who answers has got the mail; but where a mail server told the return path that it did not arrive, an answer that is
known by the number of the mail alone is weaker, for that number is no secret and anybody can write a name. A vacation
reply and a filter's question are answers too.

``Delivery.heard`` and ``away_until`` are always what this makes of the rows in ``Evidence``; ``balance`` has the
database make it anew and compares.

Whoever has acted on a letter of the notice, signed in and after the mail, has got it. To open a page proves nothing:
mail filters open links before people do (domain.md, *Mail links*).

Nothing below calls us when somebody acts; this looks down and finds it.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Case, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from followups.models import Decision
from notifications.mail_classifier import Outcome, Verdict
from notifications.models import Attempt, Delivery, Evidence, IncomingMail
from notifications.models.delivery_states import EVIDENCE_STRENGTH, SENDING_STATES, State

#: what a mail server says of one recipient
STATE_BY_FATE = {
    "failed": State.RETURNED,
    "delayed": State.DELAYED,
    "relayed": State.RELAYED,
    "delivered": State.DELIVERED,
}
#: what the whole mail says, when it does not name the recipient
STATE_BY_KIND = {
    "bounce": State.RETURNED,
    "delay": State.DELAYED,
    "relayed": State.RELAYED,
    "delivered": State.DELIVERED,
    "auto_reply": State.AUTO_REPLY,
    "challenge": State.CHALLENGED,
    "complaint": State.COMPLAINT,
    "human": State.DELIVERED,  # whoever answers has got it
}
REPORT_KINDS = {"bounce", "delay", "relayed", "delivered"}


def state_proved_by(verdict: Verdict, outcome: Outcome | None) -> State | None:
    """None for a mail that says nothing of any mail, such as a newsletter."""
    if verdict.kind not in REPORT_KINDS:
        return STATE_BY_KIND.get(verdict.kind)
    if outcome is None:
        outcome = find_gravest_outcome(verdict)
    if outcome and outcome.outcome == "failed" and outcome.is_spam:
        return State.REFUSED_SPAM
    return STATE_BY_FATE[outcome.outcome] if outcome else STATE_BY_KIND[verdict.kind]


def find_gravest_outcome(verdict: Verdict) -> Outcome | None:
    """Of those it names, the one that gave the mail its kind: our mail was passed on to them."""
    return next((one for one in verdict.recipients if STATE_BY_FATE[one.outcome] == STATE_BY_KIND[verdict.kind]), None)


MATCHED_BY_MESSAGE_ID = Q(mail__matched_by=IncomingMail.MatchedBy.MESSAGE_ID)
RETURNED_RANK = EVIDENCE_STRENGTH.index(State.RETURNED)
#: the strongest is 0; what is known by the number alone comes behind what did not arrive, in its own order
STRENGTH_RANK = Case(
    *(
        When(MATCHED_BY_MESSAGE_ID, proves=state, then=Value(RETURNED_RANK + (rank + 1) / 100))
        for rank, state in enumerate(EVIDENCE_STRENGTH)
    ),
    *(When(proves=state, then=Value(float(rank))) for rank, state in enumerate(EVIDENCE_STRENGTH)),
    output_field=FloatField(),
)
CURRENT_EVIDENCE = Evidence.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))


def apply_evidence(deliveries: Collection[Delivery]) -> None:
    """Write what was heard of these. They are locked since before the evidence was written, so nothing is missed."""
    told: dict[int, list[Evidence]] = {delivery.pk: [] for delivery in deliveries}
    for one in Evidence.objects.filter(delivery__in=told).annotate(rank=STRENGTH_RANK):
        told[one.delivery_id].append(one)
    changed = [delivery for delivery in deliveries if set_strongest_evidence(delivery, told[delivery.pk])]
    Delivery.objects.bulk_update(changed, ["heard", "away_until", "changed_at"], batch_size=500)


def set_strongest_evidence(delivery: Delivery, evidence: Collection[Evidence]) -> bool:
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


def count_consistent_deliveries() -> int:
    """How many deliveries say the same as their evidence."""
    weighed = Delivery.objects.annotate(
        says=Coalesce(Subquery(CURRENT_EVIDENCE.order_by(STRENGTH_RANK).values("proves")[:1]), Value("")),
        away=Subquery(
            CURRENT_EVIDENCE.filter(away_until__isnull=False).order_by("-away_until").values("away_until")[:1]
        ),
    )
    return weighed.filter(Q(heard=F("says")), Q(away_until=F("away")) | Q(away_until=None, away=None)).count()


#: when the first conversation of this sending began
FIRST_ATTEMPT_START = (
    Attempt.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))
    .order_by("lease")
    .values("started_at")[:1]
)
FIRST_DECISION = (
    Decision.objects.filter(
        by=OuterRef("recipient"), followup__notice_items__notice=OuterRef("notice"), at__gte=OuterRef("begun")
    )
    .order_by("at", "pk")
    .values("pk")[:1]
)


@transaction.atomic
def record_acknowledgements() -> int:
    """Keep what people have done as evidence; of how many mails. What another has locked, the next poll takes."""
    at_rest = Delivery.objects.exclude(state__in=SENDING_STATES).exclude(heard=State.ACKNOWLEDGED)
    acted = (
        at_rest.annotate(begun=Subquery(FIRST_ATTEMPT_START))
        .annotate(act=Subquery(FIRST_DECISION))
        .filter(act__isnull=False)
    )
    locked = Delivery.objects.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    deliveries = locked.in_bulk(list(acted.values_list("pk", flat=True)))
    acts = dict(acted.filter(pk__in=deliveries).values_list("pk", "act"))
    decisions = Decision.objects.in_bulk(acts.values())
    evidence = [build_acknowledgement(deliveries[pk], decisions[act]) for pk, act in acts.items()]
    Evidence.objects.bulk_create(evidence, ignore_conflicts=True)
    apply_evidence([deliveries[pk] for pk in acts])
    return len(evidence)


def build_acknowledgement(delivery: Delivery, act: Decision) -> Evidence:
    return Evidence(delivery=delivery, lease=delivery.lease, proves=State.ACKNOWLEDGED, said_at=act.at, decision=act)
