"""The rules by which mails and decisions become evidence, and evidence becomes the state of a delivery.

The strongest evidence about the present sending counts, in whatever order the mails arrive.

A person who answers has received the mail, and so has a mailbox that sends an auto-reply or a challenge. An answer
matched by Message-ID alone is weaker than a bounce to the return path, because the Message-ID is no secret and
anybody can write an author's name.

A decision on a letter of the notice, made signed in and after the mail was sent, proves that the recipient received
the mail. Opening a page proves nothing, because mail filters open links before people do. No app below calls this
module: `record_acknowledgements` searches for new decisions.

`Delivery.evidence_state` and `away_until` always follow from the `Evidence` rows. `alarms.reconciliation`
recomputes the two fields in SQL and compares.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from followups.models import Decision
from notifications.inbound.delivery_matching import Match, MatchedDelivery
from notifications.mail_classifier import Outcome, Verdict
from notifications.mail_classifier.verdict import KIND_BY_FATE
from notifications.models import Attempt, Delivery, Evidence, IncomingMail
from notifications.models.delivery_states import EVIDENCE_STRENGTH, SENDING_STATES, State

#: the state that each kind of mail proves; other mails, such as newsletters, prove nothing
STATE_BY_KIND = {
    "bounce": State.RETURNED,
    "delay": State.DELAYED,
    "relayed": State.RELAYED,
    "delivered": State.DELIVERED,
    "auto_reply": State.AUTO_REPLY,
    "challenge": State.CHALLENGED,
    "complaint": State.COMPLAINT,
    "human": State.DELIVERED,  # a person who answers has received the mail
}


def save_evidence(
    matched_mails: Iterable[tuple[IncomingMail, Verdict, Match]], deliveries: dict[int, Delivery]
) -> None:
    """Save evidence of the state that each mail proves for the matched deliveries.

    `deliveries`: {delivery id: delivery}, locked.
    """
    attempts: dict[int, dict[int, datetime]] = {pk: {} for pk in deliveries}
    begun = Attempt.objects.filter(delivery__in=attempts).values_list("delivery", "lease", "started_at")
    for delivery_id, lease, started_at in begun:
        attempts[delivery_id][lease] = started_at
    evidence = []
    for mail, verdict, match in matched_mails:
        for matched in match.matched_deliveries:
            delivery = deliveries[matched.delivery.pk]
            state = State.DELIVERED if match.is_ours else state_proved_by(verdict, matched.outcome)
            if state:
                lease, begun_at = delivery.lease, attempts[delivery.pk]
                if lease in begun_at:  # an attempt is saved when it ends: without one the delivery is being sent now
                    earlier = (number for number, start in begun_at.items() if start <= mail.received_at)
                    lease = max(earlier, default=lease)
                evidence.append(build_evidence(mail, verdict, matched, state, lease))
    Evidence.objects.bulk_create(evidence)


def state_proved_by(verdict: Verdict, outcome: Outcome | None) -> State | None:
    """Return the state that `verdict` proves, or None for a mail that says nothing of a delivery, such as a newsletter.

    `outcome` is the report's outcome for the recipient. None if the report does not name the recipient, because our
    mail was forwarded: then the outcome that gave the mail its kind counts.
    """
    if verdict.kind not in IncomingMail.REPORTS:
        return STATE_BY_KIND.get(verdict.kind)
    if outcome is None:
        outcome = next((one for one in verdict.recipients if KIND_BY_FATE[one.outcome] == verdict.kind), None)
    if outcome and outcome.outcome == "failed" and outcome.is_spam:
        return State.REFUSED_SPAM
    return STATE_BY_KIND[KIND_BY_FATE[outcome.outcome] if outcome else verdict.kind]


def build_evidence(
    mail: IncomingMail, verdict: Verdict, matched: MatchedDelivery, state: State, lease: int
) -> Evidence:
    """Return unsaved evidence about the attempt that the mail names, or else about the attempt with `lease`."""
    outcome = matched.outcome or next(iter(verdict.recipients), None)
    return Evidence(
        delivery=matched.delivery,
        lease=lease if matched.lease is None else matched.lease,
        proves=state,
        occurred_at=mail.received_at,
        mail=mail,
        status=outcome.status[:12] if outcome else "",
        reason=outcome.reason if outcome else "",
        away_until=verdict.away_until,
    )


MATCHED_BY_MESSAGE_ID = Q(mail__matched_by=IncomingMail.MatchedBy.MESSAGE_ID)
RETURNED_RANK = EVIDENCE_STRENGTH.index(State.RETURNED)
#: 0 is the strongest. Evidence matched by Message-ID alone comes between RETURNED and the state after it, in the order
#: of `EVIDENCE_STRENGTH`.
STRENGTH_RANK = Case(
    *(
        When(MATCHED_BY_MESSAGE_ID, proves=state, then=Value(RETURNED_RANK + (rank + 1) / 100))
        for rank, state in enumerate(EVIDENCE_STRENGTH)
    ),
    *(When(proves=state, then=Value(float(rank))) for rank, state in enumerate(EVIDENCE_STRENGTH)),
    output_field=FloatField(),
)
CURRENT_EVIDENCE = Evidence.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))
STRONGEST_STATE = Coalesce(Subquery(CURRENT_EVIDENCE.order_by(STRENGTH_RANK).values("proves")[:1]), Value(""))
LATEST_DAY_AWAY = Subquery(
    CURRENT_EVIDENCE.filter(away_until__isnull=False).order_by("-away_until").values("away_until")[:1]
)


def apply_evidence(deliveries: Iterable[Delivery]) -> None:
    """Set `evidence_state` and `away_until` of the deliveries from their evidence.

    The caller locked the deliveries before writing the evidence, so no evidence is missed.
    """
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(
        changed_at=Case(When(evidence_state=STRONGEST_STATE, then=F("changed_at")), default=Value(timezone.now())),
        evidence_state=STRONGEST_STATE,
        away_until=LATEST_DAY_AWAY,
    )


def count_consistent_deliveries() -> int:
    """Return the number of deliveries whose `evidence_state` and `away_until` agree with the evidence."""
    weighed = Delivery.objects.annotate(says=STRONGEST_STATE, away=LATEST_DAY_AWAY)
    return weighed.filter(Q(evidence_state=F("says")), Q(away_until=F("away")) | Q(away_until=None, away=None)).count()


#: when the first conversation of the present sending began
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
    """Save people's decisions as evidence and return the number of deliveries.

    Deliveries locked by somebody else are skipped until the next poll.
    """
    at_rest = Delivery.objects.exclude(state__in=SENDING_STATES).exclude(evidence_state=State.ACKNOWLEDGED)
    with_act = at_rest.annotate(begun=Subquery(FIRST_ATTEMPT_START)).annotate(act=Subquery(FIRST_DECISION))
    acted = with_act.filter(act__isnull=False)
    locked = Delivery.objects.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    deliveries = locked.in_bulk(list(acted.values_list("pk", flat=True)))
    acts = dict(acted.filter(pk__in=deliveries).values_list("pk", "act"))
    decisions = Decision.objects.in_bulk(acts.values())
    acknowledged = [(deliveries[pk], decisions[act]) for pk, act in acts.items()]
    Evidence.objects.bulk_create(
        (
            Evidence(
                delivery=one, lease=one.lease, proves=State.ACKNOWLEDGED, occurred_at=decision.at, decision=decision
            )
            for one, decision in acknowledged
        ),
        ignore_conflicts=True,
    )
    apply_evidence([one for one, _ in acknowledged])
    return len(acknowledged)
