"""The digest of a desk: the new and the late questions, and the fields of the mail.

A member hears of a question when it is asked, and again when it has waited longer than the target for an answer. A
question that a colleague has taken is the colleague's alone, unless the colleague is away.
"""

from datetime import date

from django.conf import settings
from django.db.models import BooleanField, Case, DateField, DateTimeField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, TruncDate
from django.urls import reverse
from django.utils import timezone

from followups.desk import queue
from followups.models import Escalation, FollowUp
from followups.rules.absences import lookup_text
from letters.models import Incident
from notifications.kinds.mail_fields import (
    INCIDENT_FIELDS,
    LETTER_FIELDS,
    MailDraft,
    letter_row,
    one_line_without_cpr,
    page_url,
)
from notifications.kinds.receivers import (
    MailAbsences,
    OwedFollowUps,
    items_about_followup,
    no_followups,
    users_not_reached,
)
from notifications.markup.fields import Field, FieldForm, Fields, ListRow
from notifications.models import Kind
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import COPENHAGEN


def desk_digests_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups with a new or late question, once per member of the desk as `receiver`.

    `owed_on` is the day of the question.
    """
    waiting = FollowUp.objects.of_incident(incident).filter(escalation__is_with_desk=True, escalation__answered_at=None)
    if not waiting.exists():
        return no_followups()
    heard = items_about_followup(Kind.DESK_DIGEST, receiver=OuterRef("receiver"))
    is_untouched = Q(escalation__owner=None) | Q(escalation__taken_at__lt=F("escalation__waiting_since"))
    is_new = is_untouched & ~Exists(heard.filter(notice__created_at__gte=OuterRef("escalation__waiting_since")))
    late = waiting.filter(escalation__waiting_since__lt=queue.late_before(timezone.now()))
    late_since = {  # working time is no SQL
        pk: calendar.add_working_time(since, queue.answer_target()).isoformat()
        for pk, since in late.values_list("pk", "escalation__waiting_since")
    }
    is_late = Q(pk__in=late_since) & ~Exists(heard.filter(notice__created_at__gte=OuterRef("late_since")))
    return (
        waiting.annotate(
            receiver=F("escalation__desk_members__user"),
            owed_on=TruncDate("escalation__waiting_since", tzinfo=COPENHAGEN, output_field=DateField()),
            late_since=Cast(lookup_text("pk", late_since), DateTimeField()),
            is_theirs=_is_for_receiver(on),
        )
        .filter(is_new | is_late, is_theirs=True, receiver__isnull=False)
        .exclude(receiver__in=users_not_reached())
    )


def _is_for_receiver(on: date) -> Case:
    """Return whether the receiver may act on the question: nobody, the receiver or an absent colleague has taken it."""
    return Case(
        When(escalation__raised_by=F("receiver"), then=False),
        When(Q(escalation__owner=None) | Q(escalation__owner=F("receiver")), then=True),
        default=Case(When(escalation__owner__in=MailAbsences.on(on).out, then=True), default=Value(False)),
        output_field=BooleanField(),
    )


def question_rows(draft: MailDraft) -> list[ListRow]:
    """Return a row per question, the longest waiting first."""
    letters = {letter.pk: letter for letter in draft.letters}
    rows = []
    for one in _questions_about(draft):
        row = letter_row(letters.pop(one.followup.letter_id))
        waited = calendar.working_time_between(one.waiting_since, timezone.now())
        state = f"har ventet {danish.working_time(waited, calendar.WORKDAY_LENGTH)}" if _is_late(one) else "ny"
        url = settings.SITE_URL + reverse("escalation", args=[one.pk])
        rows.append(ListRow(row.name, url, f"fra {one_line_without_cpr(one.raised_by.name)} – {state}", row.mark))
    return rows + [letter_row(letter) for letter in letters.values()]  # of a sample, which has no questions


def waiting_phrase(draft: MailDraft) -> str:
    """«2 nye henvendelser og 1 over målet» · «1 henvendelse over målet»"""
    late = sum(map(_is_late, _questions_about(draft)))
    new = len(draft.letters) - late
    new_words = danish.count(new, "ny henvendelse", "nye henvendelser")
    late_words = f"{danish.number(late) if new else danish.count(late, 'henvendelse', 'henvendelser')} over målet"
    return danish.join_with_and([words for number, words in ((new, new_words), (late, late_words)) if number])


def _questions_about(draft: MailDraft) -> list[Escalation]:
    letters = [letter.pk for letter in draft.letters]
    asked = Escalation.objects.filter(followup__letter__in=letters).select_related("raised_by", "followup")
    return list(asked.order_by("waiting_since", "pk"))


def _is_late(question: Escalation) -> bool:
    return question.waiting_since < queue.late_before(timezone.now())


def target_phrase(draft: MailDraft) -> str:
    return danish.count(settings.DESK_ANSWERS_WITHIN, "arbejdstime", "arbejdstimer")


#: Fields of the digest of a desk.
DESK_DIGEST_FIELDS = Fields(
    [
        *(field for field in LETTER_FIELDS if field.form is not FieldForm.ROWS),
        Field("henvendelser", "listen med nye og sene henvendelser", question_rows, FieldForm.ROWS),
        Field("hvad der venter", "antal nye og sene henvendelser", waiting_phrase, in_subject=True),
        Field("mål", "arbejdstimer til et svar", target_phrase),
        Field("køen", "link til henvendelserne", lambda draft: page_url("escalations"), FieldForm.LINK),
        *INCIDENT_FIELDS,
    ]
)
