"""Reconciliation: sums over imports, letters, notices and mails that must agree after any fault.

The two sides of a sum come from different tables, or from a number saved when a promise was made, so that a row lost
on a single side shows.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from followups.models import FollowUp
from followups.services import arrivals
from letters.models import ImportBatch, ImportRow, Incident, Letter, LetterChange
from letters.tracking import recount
from notifications.inbound import delivery_evidence
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import (
    Attempt,
    Delivery,
    Dispatch,
    Evidence,
    FailedMailResolution,
    IncomingMail,
    Kind,
    Notice,
    State,
)
from sepo_incident.accounts.models import StaffImport, StaffRow
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.audit import verification
from sepo_incident.audit.verification import BrokenChain
from sepo_incident.core import danish
from sepo_incident.core.database import snapshot

#: the letters of an undone batch still exist, withdrawn
IMPORTED_STATUSES = [ImportBatch.Status.COMMITTED, ImportBatch.Status.UNDONE]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sum:
    """A sum to check: `total` of `what` must equal the sum of `parts`, a list of (label, number)."""

    what: str
    total: int
    parts: list[tuple[str, int]]

    @property
    def agrees(self) -> bool:
        return self.total == sum(number for _, number in self.parts)

    def __str__(self) -> str:
        parts = " + ".join(f"{danish.number(number)} {label}" for label, number in self.parts) or "0"
        return f"{self.what}: {danish.number(self.total)} {'=' if self.agrees else '≠'} {parts}"


def check_sums() -> list[Sum]:
    """Return all sums, and log an error for each sum that does not agree."""
    sums = all_sums()
    for one in sums:
        if not one.agrees:
            logger.error("the balance does not agree: %s", one)
    return sums


@dataclass(frozen=True)
class History:
    """The result of verifying the hash chain. `head` is the hash of the last link, or ""."""

    stands: bool
    words: str
    head: str = ""

    def __str__(self) -> str:
        return f"{'✓' if self.stands else '✗'} {self.words}"


def check_new_history() -> History:
    """Verify the links of the hash chain added since the last verification."""
    try:
        chain = verification.verify_history(whole=False)
    except BrokenChain as broken:
        return History(False, "Historikken er ændret: " + " ".join(str(broken).splitlines()))
    links, rows = danish.count(chain.links, "led", "led"), danish.count(chain.rows, "ny række", "nye rækker")
    tail = f", det sidste har aftrykket {chain.head}" if chain.head else ""
    return History(True, f"Historikkens kæde er ubrudt: {links}, {rows} siden sidst{tail}", chain.head)


@snapshot()
def all_sums() -> list[Sum]:
    """Return all sums, read in one snapshot of the database."""
    incidents = list(Incident.objects.order_by("pk"))
    return [
        *map(sum_import_rows, ImportBatch.objects.filter(status__in=IMPORTED_STATUSES).order_by("pk")),
        *map(sum_staff_rows, StaffImport.objects.exclude(status="DISCARDED").order_by("pk")),
        *map(sum_letters, incidents),
        *map(sum_withdrawn_letters, incidents),
        *map(sum_notified_letters, incidents),
        *map(sum_dispatch_notices, Dispatch.objects.filter(written_at__isnull=False).order_by("pk")),
        sum_recipients(),
        sum_complete_notices(),
        sum_accepted_mails(),
        sum_accepting_replies(),
        sum_acceptances(),
        sum_settled_mails(),
        sum_resolved_mails(),
        sum_mails_with_evidence(),
        sum_server_reports(),
        Sum("Breve med en forældet oplysning om ankomst", arrivals.count_stale_arrivals(), []),
        Sum("Afsendelser, der siger andet end deres kvitteringer", recount.count_wrong_outcomes(), []),
        Sum("Fem minutter, hvor sporingen har talt forkert", recount.count_wrong_flow_counts(), []),
    ]


def sum_import_rows(batch: ImportBatch) -> Sum:
    """Rows in the file (`total_rows` counts non-blank rows) = blank rows + rows by verdict."""
    verdicts = count_values(batch.rows.exclude(verdict="").values_list("verdict"))
    named = [(ImportRow.Verdict(verdict).label, number) for verdict, number in verdicts]
    total = batch.total_rows + batch.blank_rows
    return Sum(f"Rækker i {batch.filename}", total, [("tomme", batch.blank_rows), *named])


def sum_staff_rows(staff: StaffImport) -> Sum:
    """Rows of a staff file = rows by verdict. For a saved file the numbers saved with the file count."""
    counts = staff_changes.count_verdicts(staff)
    verdicts = [(verdict.label, getattr(counts, verdict.name.lower())) for verdict in StaffRow.Verdict]
    return Sum(f"Rækker i personalefilen {staff.filename}", counts.rows, verdicts)


def sum_letters(incident: Incident) -> Sum:
    """Rows that created a letter = letters: withdrawn + not opened + letters by status."""
    new = ImportRow.objects.filter(
        batch__incident=incident, batch__status__in=IMPORTED_STATUSES, verdict=ImportRow.Verdict.NEW
    )
    letters = Letter.objects.filter(incident=incident)
    statuses = count_values(FollowUp.objects.of_incident(incident).values_list("status"))
    parts = [
        ("trukket tilbage", letters.filter(withdrawn_at__isnull=False).count()),
        ("ikke åbnet", letters.filter(withdrawn_at=None, followup=None).count()),
        *((FollowUp.Status(status).label, number) for status, number in statuses),
    ]
    return Sum(f"Breve i {incident.slug}", new.count(), parts)


def sum_withdrawn_letters(incident: Incident) -> Sum:
    """Letters withdrawn by field or by the last change in the append-only table = letters withdrawn by both."""
    kinds = (LetterChange.Kind.WITHDRAWN, LetterChange.Kind.REINSTATED)
    words = LetterChange.objects.filter(letter__incident=incident, kind__in=kinds)
    last = words.order_by("letter", "-pk").distinct("letter").values("pk")
    by_ledger = Q(pk__in=words.filter(pk__in=last, kind=LetterChange.Kind.WITHDRAWN).values("letter"))
    gone = Q(withdrawn_at__isnull=False)
    letters = Letter.objects.filter(incident=incident)
    parts = [("med historik, der siger det samme", letters.filter(gone & by_ledger).count())]
    return Sum(f"Breve i {incident.slug}, der er trukket tilbage", letters.filter(gone | by_ledger).count(), parts)


def sum_notified_letters(incident: Incident) -> Sum:
    """Letters without an answer = notified + owed a notice + without a sender.

    Notified: the letter's present sender has a first notice about the letter, not stopped. Owed: no notice about the
    letter that was not taken back. The two are counted from different tables, so a lost mail shows.
    """
    undone = FollowUp.objects.of_incident(incident).not_done()
    mail = Delivery.objects.exclude(state=Delivery.State.STOPPED).filter(
        role=Delivery.Role.TO,
        recipient=OuterRef("letter__sender"),
        notice__kind=Kind.FIRST_NOTICE,
        notice__items__followup=OuterRef("pk"),
    )
    parts = [
        ("har fået besked", undone.filter(Exists(mail)).count()),
        ("mangler besked", owed_followups(Kind.FIRST_NOTICE, incident).count()),
        ("uden afsender", undone.filter(letter__sender=None).count()),
    ]
    return Sum(f"Breve uden svar i {incident.slug}", undone.count(), parts)


def sum_dispatch_notices(dispatch: Dispatch) -> Sum:
    """Notices that a finished dispatch reports = notices that exist."""
    return Sum(f"Beskeder i udsendelse {dispatch.pk}", dispatch.written or 0, [("skrevet", dispatch.notices.count())])


def sum_recipients() -> Sum:
    """Recipients of the notices (one in To, `copies` in Cc) + replacements of failed mails = deliveries by state."""
    promised = sum(number * (1 + copies) for copies, number in count_values(Notice.objects.values_list("copies")))
    promised += FailedMailResolution.objects.aggregate(sent=Count("replacement", distinct=True))["sent"]
    states = count_values(Delivery.objects.with_state_at(timezone.now()).values_list("stands"))  # type: ignore[misc]
    return Sum("Modtagere", promised, [(State(state).label, number) for state, number in states])


def sum_complete_notices() -> Sum:
    """Notices = notices with all letters, one delivery in To and `copies` deliveries in Cc."""
    items = Count("items", filter=Q(items__receiver=F("receiver")), distinct=True)
    live = ~Q(deliveries__resolution_state=State.REPLACED)
    to = Count("deliveries", filter=live & Q(deliveries__role=Delivery.Role.TO), distinct=True)
    cc = Count("deliveries", filter=live & Q(deliveries__role=Delivery.Role.CC), distinct=True)
    whole = Notice.objects.annotate(items_there=items, to_there=to, cc_there=cc).filter(
        items_there=F("letters"), to_there=1, cc_there=F("copies")
    )
    return Sum("Beskeder", Notice.objects.count(), [("med alle breve og alle mails", whole.count())])


def sum_accepted_mails() -> Sum:
    """Accepted mails = accepted mails with a conversation in which the mail server accepted."""
    yes = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Attempt.Outcome.ACCEPTED).exclude(reply="")
    accepted = Delivery.objects.filter(state=Delivery.State.ACCEPTED)
    return Sum("Sendte mails", accepted.count(), [("med svar fra mailserveren", accepted.filter(Exists(yes)).count())])


def sum_accepting_replies() -> Sum:
    """Mails that a mail server accepted = accepted mails, so that no mail is sent again unless a person asks."""
    since_request = Attempt.objects.filter(delivery=OuterRef("pk"), lease__gte=OuterRef("first_lease"))
    taken = Delivery.objects.filter(Exists(since_request.filter(outcome=Attempt.Outcome.ACCEPTED)))
    return Sum("Mails, mailserveren har taget imod", taken.count(), [("sendt", taken.filter(state="ACCEPTED").count())])


def sum_acceptances() -> Sum:
    """Conversations in which a mail server accepted = mails accepted, so that no mail went out twice unasked."""
    accepting = Attempt.objects.filter(outcome=Attempt.Outcome.ACCEPTED, lease__gte=F("delivery__first_lease"))
    mails = accepting.values("delivery").distinct().count()
    return Sum("Gange, mailserveren har taget imod", accepting.count(), [("mails", mails)])


def sum_settled_mails() -> Sum:
    """Tried mails that were not accepted = such mails with the state of the last conversation's outcome."""
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-lease").values("outcome")[:1]
    waits = [State.DEFERRED, State.GIVEN_UP]
    ended = [State.REFUSED, State.REFUSED_SPAM, State.UNKNOWN, State.UNAPPROVED]
    resting = Delivery.objects.filter(state__in=[*waits, *ended])
    consistent = resting.annotate(last=Subquery(last)).filter(Q(last=F("state")) | Q(last="DEFERRED", state__in=waits))
    return Sum("Mails uden et ja", resting.count(), [("som mailserveren sagde sidst", consistent.count())])


def sum_resolved_mails() -> Sum:
    """Mails resolved by a person = mails with a matching `FailedMailResolution`. No other mail has a row."""
    says = Case(*(When(kind=kind, then=Value(mark)) for kind, mark in FailedMailResolution.MARKS.items()))
    resolved = Delivery.objects.filter(~Q(resolution_state="") | Q(resolution__isnull=False))
    same = FailedMailResolution.objects.filter(delivery__resolution_state=says)
    return Sum("Mails, nogen har taget sig af", resolved.count(), [("med en linje om hvordan", same.count())])


def sum_mails_with_evidence() -> Sum:
    """Mails = mails whose `evidence_state` and `away_until` agree with the evidence."""
    return Sum(
        "Mails", Delivery.objects.count(), [("som beviserne siger", delivery_evidence.count_consistent_deliveries())]
    )


def sum_server_reports() -> Sum:
    """Reports from mail servers = reports used as evidence + reports listed as unmatched + mails not yet read."""
    reports = IncomingMail.objects.filter(kind__in=IncomingMail.REPORTS)
    waiting = IncomingMail.objects.waiting().count()
    used = Evidence.objects.filter(mail__in=reports).values("mail").distinct().count()
    parts = [("brugt som bevis", used), ("hører ikke til nogen mail", reports.unmatched().count()), ("venter", waiting)]
    return Sum("Mails fra mailservere", reports.count() + waiting, parts)


def count_values(grouped: Iterable[tuple[object, ...]]) -> list[tuple]:
    """Return [(value, number)] of a `values_list` of one column, ordered by value."""
    return list(grouped.order_by().annotate(number=Count("pk")).order_by(*grouped.query.values_select))  # type: ignore
