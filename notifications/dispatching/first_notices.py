"""The recipients of first notices, filters, mail previews and the checks before sending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import BoolAnd
from django.db.models import Aggregate, BooleanField, Count, F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from followups.models import FollowUp
from letters.models import Incident, Letter, deadlines_of_letters
from notifications.kinds.notice_kinds import kind_slug, owed_followups
from notifications.models import Kind, NoticeText
from notifications.outbox import mime
from notifications.texts.notice_composer import CannotBeComposed, ComposedNotice, compose_notice
from notifications.texts.notice_texts import find_test_mail, get_text_source
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import Column


class MostCommon(Aggregate):
    """PostgreSQL's `mode()` aggregate: the most frequent value. NULL is ignored."""

    template = "mode() WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
    name = "MostCommon"


@dataclass(frozen=True)
class Recipient:
    """A sender who is owed a notice.

    `leader_id`: the leader of most letters, other than the sender. `leaders`: the number of leaders in cc.
    `is_own_leader`: the sender is leader of all the letters.
    """

    sender_id: int
    name: str
    email: str
    unit_id: int | None
    administration_id: int | None
    letters: int
    leader_id: int | None
    leaders: int
    is_own_leader: bool

    @property
    def lacks_leader(self) -> bool:
        return not self.leaders and not self.is_own_leader


@dataclass
class Recipients:
    """The senders who are owed a notice, in Danish alphabetical order, with totals."""

    everyone: list[Recipient] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.everyone)

    @property
    def letters(self) -> int:
        return sum(one.letters for one in self.everyone)

    @property
    def without_leader(self) -> list[Recipient]:
        return [one for one in self.everyone if one.lacks_leader]

    @property
    def own_leaders(self) -> list[Recipient]:
        return [one for one in self.everyone if one.is_own_leader and not one.leaders]

    @property
    def mails(self) -> int:
        return sum(1 + one.leaders for one in self.everyone)

    def matching(self, choice: RecipientFilter) -> list[Recipient]:
        wanted = danish.sort_key(choice.words)
        return [
            one
            for one in self.everyone
            if (choice.administration is None or one.administration_id == choice.administration)
            and (not choice.only_without_leader or one.lacks_leader)
            and wanted in danish.sort_key(one.name)
        ]


def list_recipients(kind: str, incident: Incident) -> Recipients:
    """Return the receivers of a dispatch sent now. A grouped query, and with receivers two for the units."""
    sender, leader = F("letter__sender"), F("letter__leader")
    others = Q(letter__leader__isnull=False) & ~Q(letter__leader=sender)
    grouped = (
        owed_followups(kind, incident)
        .values("letter__sender")
        .annotate(
            number=Count("pk"),
            leader=MostCommon(leader, filter=others),
            leaders=Count(leader, filter=others, distinct=True),
            own=BoolAnd(Coalesce(Q(letter__leader=sender), False, output_field=BooleanField())),
            unit=MostCommon("letter__unit"),
            name=F("letter__sender__name"),
            email=F("letter__sender__email"),
        )
        .values_list("letter__sender", "name", "email", "unit", "number", "leader", "leaders", "own")
    )
    rows = list(grouped)
    if not rows:
        return Recipients()
    tops = set(Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION).values_list("pk", flat=True))
    lineages = Unit.objects.filter(pk__in={row[3] for row in rows if row[3]}).values_list("pk", "lineage")
    administrations = {pk: above for pk, lineage in lineages for above in lineage if above in tops}
    everyone = [
        Recipient(sender_id, name, email, unit, administrations.get(unit or 0), number, leader_id, leaders, own)
        for sender_id, name, email, unit, number, leader_id, leaders, own in rows
    ]
    return Recipients(sorted(everyone, key=lambda one: (danish.sort_key(one.name), one.sender_id)))


def with_place_and_leader(page: Iterable[Recipient]) -> list[tuple[Recipient, str, User | None]]:
    """Return [(recipient, «Svalevejens Skole, BUF», leader)] for a page of recipients. Two queries."""
    shown = list(page)
    ids = {pk for one in shown for pk in (one.unit_id, one.administration_id) if pk}
    units, leaders = Unit.objects.in_bulk(ids), User.objects.in_bulk({one.leader_id for one in shown if one.leader_id})
    return [(one, describe_place(one, units), leaders.get(one.leader_id or 0)) for one in shown]


def describe_place(one: Recipient, units: dict[int, Unit]) -> str:
    unit, administration = units.get(one.unit_id or 0), units.get(one.administration_id or 0)
    names = [unit.name if unit else "", (administration.code or administration.name) if administration else ""]
    return ", ".join(dict.fromkeys(filter(None, names))) or "Enheden er ukendt"


FIRST_NOTICE = Kind.FIRST_NOTICE
RECIPIENT_COLUMNS = {
    "name": Column(lambda one: danish.sort_key(one.name)),
    "letters": Column(lambda one: one.letters, descending_first=True),
}
RECIPIENTS_PER_PAGE = 12


class RecipientFilter(NamedTuple):
    """The filter of the recipient list. `words`: part of the name."""

    administration: int | None = None
    only_without_leader: bool = False
    words: str = ""


def recipient_pills(recipients: Recipients, choice: RecipientFilter) -> list[Pill]:
    """Return filter pills: everybody, one per administration, and without a leader. The search word is kept."""

    def pill(label: str, number: int, only: RecipientFilter, tone: str = "") -> Pill:
        parameters = {
            "forvaltning": only.administration,
            "mangler": only.only_without_leader or None,
            "q": choice.words,
        }
        query = urlencode({name: int(value) if value is True else value for name, value in parameters.items() if value})
        address = reverse("notices") + (f"?{query}" if query else "")
        return Pill(label, address, number, tone, choice[:2] == only[:2])

    rows = [pill("Alle", len(recipients), RecipientFilter())]
    numbers = Counter(one.administration_id for one in recipients.everyone if one.administration_id)
    units = Unit.objects.in_bulk(numbers)
    rows += [
        pill(units[pk].code or units[pk].name, number, RecipientFilter(pk)) for pk, number in numbers.most_common()
    ]
    if recipients.without_leader:
        rows.append(
            pill("Leder mangler", len(recipients.without_leader), RecipientFilter(only_without_leader=True), "is-soon")
        )
    return rows


class NoticePreview(NamedTuple):
    """The mail to one sender as the mail would be written now.

    `mail` is None if the mail cannot be composed; `faulty_letters` are the letters at fault, if any.
    """

    sender: User
    mail: ComposedNotice | None
    faulty_letters: list[Letter]

    @property
    def to(self) -> str:
        return mime.readable_mailbox(self.sender.name, self.sender.email)

    @property
    def copies(self) -> list[str]:
        return [mime.readable_mailbox(leader.name, leader.email) for leader in self.mail.copies] if self.mail else []

    @property
    def text_url(self) -> str:
        """The page with the text as written to this sender, and a button for a test mail."""
        return reverse("text", args=[kind_slug(FIRST_NOTICE)], query={"til": self.sender.pk})


def preview_notice(
    reader: User, incident: Incident, text: NoticeText | None, sender_id: int | None
) -> NoticePreview | None:
    """Return the preview of the sender's mail in the words of `text`, by default the default text.

    None if the sender is owed nothing, or if the reader may not see every letter in the mail.
    """
    due = owed_followups(FIRST_NOTICE, incident).filter(letter__sender=sender_id)
    visible = Letter.objects.visible_to(reader).filter(sender=sender_id, followup__in=due)
    letters = list(visible.select_related("sender", "leader", "unit", "followup"))
    if not letters or len(letters) != due.count():
        return None
    sender = cast(User, letters[0].sender)
    try:
        template = get_text_source(FIRST_NOTICE, text, incident.rules).parse(FIRST_NOTICE)
        earliest = min(deadlines_of_letters([one.pk for one in letters]).values())
        made = compose_notice(FIRST_NOTICE, incident, sender, letters, template, deadline=earliest)
        return NoticePreview(sender, made, [])
    except CannotBeComposed as problem:
        return NoticePreview(sender, None, problem.letters)


def checks_before_sending(incident: Incident, text: NoticeText | None, reader: User, today: date) -> dict[str, Any]:
    """Return `{text_url, test_mail, unreachable, is_too_late}`.

    `text_url`: the page with the text. `test_mail`: the reader's newest test mail of the text as it is now.
    `unreachable`: the number of letters without a known sender. `is_too_late`: the deadline in the mail has passed.
    """
    return {
        "text_url": reverse("text", args=[kind_slug(FIRST_NOTICE)]),
        "test_mail": find_test_mail(FIRST_NOTICE, incident, text, reader),
        "unreachable": FollowUp.objects.of_incident(incident).not_done().filter(letter__sender=None).count(),
        "is_too_late": calendar.is_overdue(incident.deadline, today),
    }


def count_unopened(incident: Incident) -> int:
    """Return how many imported letters nobody can decide about yet, so nobody is told of them."""
    return Letter.objects.filter(incident=incident, followup=None).active().count()


def reason_for_no_recipients(incident: Incident, something_sent: bool, unopened: int) -> str:
    """Return why nobody is owed a notice: a case in `first_notices_empty.html`. `unopened`: of `count_unopened`."""
    if something_sent:
        return "some_unopened" if unopened else "all_told"
    if not Letter.objects.filter(incident=incident).active().exists():
        return "no_letters"
    return "nobody_owed" if FollowUp.objects.of_incident(incident).exists() else "not_opened"
