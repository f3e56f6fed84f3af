"""Which follow-ups are owed a digest, a notice of a waiting decision, a desk's answer or a failed address."""

from datetime import date

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate

from followups.models import EscalationEntry, FollowUp
from followups.models.followup import FOLLOWUP_TABLES
from followups.rules import letter_state, rights
from followups.rules.absences import LedFollowUps, followups_led_by_another
from letters.models import DEADLINE, Incident
from notifications.kinds.receivers import (
    MailAbsences,
    OwedFollowUps,
    date_value,
    items_about_followup,
    no_followups,
    users_not_reached,
)
from notifications.kinds.reminders import (
    EVERYBODY,
    NOBODY,
    deadlines_of_kind,
    is_digest_day,
    owed_on_send_day,
    receivers_on_step_day,
)
from notifications.models import Delivery, Kind, Notice, NoticeItem
from notifications.models.notice import REMINDER_KINDS
from sepo_incident.accounts.models import Absence, Membership
from sepo_incident.core.danish import COPENHAGEN, midnight

Status = FollowUp.Status
#: Notices that tell a leader about a letter that waits for the leader.
LEADER_MAIL_KINDS = (Kind.LEADER_DIGEST, Kind.DECISION_NEEDED)


def unconfirmed_led_followups(incident: Incident, on: date) -> LedFollowUps:
    unconfirmed = FollowUp.objects.of_incident(incident).exclude(status=Status.CONFIRMED)
    return followups_led_by_another(unconfirmed, MailAbsences.on(on))


def leader_digests_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that leaders are owed a digest about on that day.

    On a digest day: all follow-ups of `leader_digest_followups`. On other days: only the follow-ups of leaders
    whose employees were reminded that day without the leader's knowledge.
    """
    is_day = is_digest_day(on)
    unaware = set() if is_day else leaders_not_informed(incident, on)
    whose_day = EVERYBODY if is_day else Q(receiver__in=unaware) if unaware else NOBODY
    return owed_on_send_day(leader_digest_followups, incident, on, (Kind.LEADER_DIGEST,), whose_day)


def leader_digest_followups(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that a leader's digest covers on that day.

    A follow-up is covered when the letter is done, the letter has no known sender, or a first notice was written
    before that day.
    """
    first_notices = items_about_followup(Kind.FIRST_NOTICE).before(on)
    known = Q(status=Status.DONE) | Q(letter__sender=None) | Exists(first_notices)
    return unconfirmed_led_followups(incident, on).filter(known).annotate(owed_on=date_value(on))


def leaders_not_informed(incident: Incident, on: date) -> set[int]:
    """Return ids of the users who must hear that letters under a leader had a reminder that day.

    A user is the leader, unless every reminder was copied to the leader or requested by the leader. For an absent
    leader the user is the substitute, who gets no copy.
    """
    absences = MailAbsences.on(on)
    reminded = NoticeItem.objects.filter(followup__letter__incident=incident, kind__in=REMINDER_KINDS, owed_on=on)
    led = reminded.filter(followup__letter__leader__isnull=False).annotate(is_known=leader_was_informed())
    leaders = led.values_list("followup__letter__leader", "is_known").distinct()
    unaware = {leader for leader, is_known in leaders if not is_known or leader in absences.out}
    return {one for one in map(absences.instead_of, unaware) if one is not None}


def leader_was_informed() -> ExpressionWrapper:
    """Return, for a notice item, whether the letter's leader received the notice or requested the dispatch."""
    leader = OuterRef("followup__letter__leader")
    has_it = Delivery.objects.filter(notice=OuterRef("notice"), recipient=leader)
    has_requested_it = Notice.objects.filter(pk=OuterRef("notice"), dispatch__requested_by=leader)
    return ExpressionWrapper(Q(Exists(has_it)) | Q(Exists(has_requested_it)), BooleanField())


def waiting_decisions_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that began to wait for the leader before that day.

    A follow-up waits when a decision without missing answers awaits confirmation, or when the letter's sender is
    unknown or has left. A leader gets one notice per wait, also when the wait begins again after an answered
    question. A digest since then counts as that notice.
    """
    alone = Q(status__in=FollowUp.NOT_DONE) & (Q(letter__sender=None) | Q(letter__sender__left_on__isnull=False))
    waits_since = Greatest("done_at", letter_state.latest_answer_at())
    since = Case(
        When(letter_state.of_followup(letter_state.AWAITS_CONFIRMATION), then=waits_since),
        When(alone, then="opened_at"),
    )
    leader_notices = items_about_followup(
        *LEADER_MAIL_KINDS, receiver=OuterRef("receiver"), notice__created_at__gte=OuterRef("since")
    )
    waiting = (
        unconfirmed_led_followups(incident, on)
        .annotate(since=since)
        .filter(since__lt=midnight(on))
        .exclude(Exists(leader_notices))
    )
    return waiting.annotate(owed_on=TruncDate("since", tzinfo=COPENHAGEN, output_field=DateField()))


def coordinator_digests_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that coordinators are owed a digest about: on reminder days after the deadline."""
    late = deadlines_of_kind(incident, on, Kind.OVERDUE)
    if not late:
        return no_followups()
    whose_day = receivers_on_step_day(on, late)
    return owed_on_send_day(overdue_followups_for_coordinators, incident, on, (Kind.COORDINATOR_DIGEST,), whose_day)


def overdue_followups_for_coordinators(incident: Incident, on: date) -> OwedFollowUps:
    """Return what is not followed up after its deadline, with the coordinator nearest to the unit as `receiver`."""
    missing = FollowUp.objects.of_incident(incident).exclude(status=Status.CONFIRMED)
    missing = missing.annotate(deadline=DEADLINE.on(FOLLOWUP_TABLES)).filter(deadline__lt=on)
    return missing.annotate(receiver=nearest_coordinator(), owed_on=date_value(on)).filter(receiver__isnull=False)


def nearest_coordinator() -> Subquery:
    """Return, for a follow-up, the id of the coordinator on the nearest unit with a coordinator, from the letter's unit
    up.

    Of several coordinators on that unit, the first by name is chosen.
    """
    coordinators = Membership.objects.filter(role=Membership.Role.COORDINATOR)
    return Subquery(coordinators.nearest_first("letter__unit__lineage", "user__name", "user").values("user")[:1])


def support_answers_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups on which a desk has written since the latest decision.

    `receiver` is the asker, otherwise the person in place of the sender. A receiver gets at most one notice a day
    about a letter; a later answer is reported the next day.
    """
    answer = EscalationEntry.objects.filter(
        escalation__followup=OuterRef("pk"), kind=EscalationEntry.Kind.ANSWER
    ).order_by("-pk")
    answers_now = MailAbsences.on(on).responsible_id("letter__sender")
    answered = FollowUp.objects.of_incident(incident).annotate(
        receiver=Coalesce(_current_asker(answer, on), answers_now, output_field=BigIntegerField()),
        answered_by=Subquery(answer.values("by")[:1]),
        answered_at=Subquery(answer.values("at")[:1], output_field=DateTimeField()),
        owed_on=date_value(on),
    )
    waiting = answered.filter(Q(decided_at=None) | Q(decided_at__lt=F("answered_at")), answered_at__isnull=False)
    owed = waiting.exclude(receiver__isnull=True).exclude(receiver=F("answered_by"))
    mailed_since = items_about_followup(
        Kind.SUPPORT_ANSWER, receiver=OuterRef("receiver"), notice__created_at__gte=OuterRef("answered_at")
    )
    return owed.exclude(receiver_was_told(Kind.SUPPORT_ANSWER)).exclude(Exists(mailed_since))


def _current_asker(answers: QuerySet[EscalationEntry], on: date) -> Subquery:
    """Return the id of the person who asked the desk.

    NULL when that person has left, or asked as a substitute for the sender or leader and is not a substitute today.
    """
    letter = "escalation__followup__letter"
    people = Q(person=OuterRef(f"{letter}__sender")) | Q(person=OuterRef(f"{letter}__leader"))
    stood_in = Absence.objects.filter(people, substitute=OuterRef("escalation__raised_by"))
    is_theirs = Q(escalation__raised_by=F(f"{letter}__sender")) | Q(escalation__raised_by=F(f"{letter}__leader"))
    asking = answers.filter(
        is_theirs | ~Exists(stood_in) | Exists(stood_in.in_force(on)), escalation__raised_by__left_on=None
    )
    return Subquery(asking.values("escalation__raised_by")[:1])


def failed_addresses_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the unfinished follow-ups of senders with an address that refused a mail, with the leader as `receiver`.

    A leader gets one notice per refused mail. As long as the address refuses mail, reminders go to the leader too.
    """
    refused = Delivery.objects.unreached().filter(recipient=OuterRef("letter__sender"), role=Delivery.Role.TO)
    refused_at = Subquery(refused.order_by("-pk").values("notice__created_at")[:1])
    return (
        FollowUp.objects.of_incident(incident)
        .not_done()
        .filter(letter_state.of_followup(rights.WITH_LEADER_BESIDES_SENDER), letter__sender__in=users_not_reached())
        .annotate(
            receiver=MailAbsences.on(on).responsible_id("letter__leader"),
            owed_on=TruncDate(refused_at, tzinfo=COPENHAGEN, output_field=DateField()),
        )
        .filter(receiver__isnull=False, owed_on__isnull=False)
        .exclude(receiver_was_told(Kind.ADDRESS_FAILED))
    )


def receiver_was_told(kind: Kind) -> Exists:
    """Return whether the receiver has a notice of this kind about the follow-up with the same `owed_on`."""
    return Exists(items_about_followup(kind, receiver=OuterRef("receiver"), owed_on=OuterRef("owed_on")))
