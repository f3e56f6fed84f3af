"""`LetterRow`: a letter with the facts that follow from the reader and the day."""

from __future__ import annotations

from datetime import date, datetime

from followups.models.arrival import ArrivalState, ArrivalStatus
from followups.models.escalation import Escalation
from followups.models.followup import FollowUp
from letters.models import Letter
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge

Status, Desk = FollowUp.Status, Escalation.Desk

STATUS_BADGES = {
    Status.OPEN: Badge("Mangler beslutning", "is-soon", ""),
    Status.DECIDED: Badge("Skal sendes", "is-info", "hourglass"),
    Status.DONE: Badge("Venter på lederen", "is-info", "person"),
    Status.SENT_BACK: Badge("Sendt tilbage", "is-soon", "reply"),
    Status.CONFIRMED: Badge("Fulgt op", "is-ok", "check"),
}
AWAITS_READER_BADGE = Badge("Venter på dig", "is-soon", "person")
PERSONNEL_BADGE = Badge("Personalesag", "is-info", "lock")
OTHER_DEADLINE_BADGE = Badge("Har en dato", "is-soon", "time")
LACKS_ANSWER_BADGE = Badge("Mangler svar", "is-soon", "warning")
#: Badges of a letter that a desk has answered, asks the sender about, or has not taken yet.
ANSWER_BADGES = {
    Desk.DIT: Badge("Svar fra DIT", "is-info", "reply"),
    Desk.HR: Badge("Svar fra Personalejura", "is-info", "reply"),
    Desk.KIT: Badge("Svar fra Koncern IT", "is-info", "reply"),
}
QUESTION_BADGES = {
    Desk.DIT: Badge("DIT venter på dig", "is-soon", "reply"),
    Desk.HR: Badge("Personalejura venter på dig", "is-soon", "reply"),
    Desk.KIT: Badge("Koncern IT venter på dig", "is-soon", "reply"),
}
NOT_TAKEN_BADGE = Badge("Ingen har taget henvendelsen endnu", "", "hourglass")


class LetterRow(Letter):
    """A letter as a reader sees it on a day, fetched by `followups.rules.letter_rows.letters_for`."""

    #: the reader may include the letter in a bulk decision; any bulk decision accepts the letter
    reader_may_bulk_decide: bool
    accepts_bulk_decision: bool
    #: the reader may decide about the letter, while it takes changes (`reader_may_decide_now`)
    right_decide: bool
    #: the reader may confirm the letter; the letter awaits this reader rather than somebody nearer
    reader_may_confirm: bool
    awaits_reader: bool
    #: the facts behind `arrival`
    arrival_state: str | None
    arrival_day: date | None
    arrival_question: str | None
    #: the leader's question, None unless the letter is sent back; the text only for a reader who may read the letter
    sent_back_at: datetime | None
    question: str | None
    #: a desk has a question about the letter, and the person at the desk who has taken the question
    is_with_desk: bool
    taken_by: str | None
    #: the desk that answered last, and whether that desk waits for the sender
    answered_by: str | None
    is_with_asker: bool
    #: a desk has or had a question about the letter
    has_escalation: bool
    #: the reader has a half-written decision about the letter
    has_draft: bool
    #: the decision was confirmed, and corrected since
    is_corrected: bool
    #: the day on which the letter must be followed up
    deadline: date
    #: the new date of the decision or the letter's own date, and whether it has passed and still needs an answer
    date_in_force: date | None
    is_date_late: bool

    class Meta:
        proxy = True
        verbose_name, verbose_name_plural = "brev", "breve"

    @property
    def reader_may_decide_now(self) -> bool:
        return self.accepts_changes and self.right_decide

    @property
    def arrival(self) -> ArrivalStatus | None:
        """Return the arrival status, or None if the letter was not sent again."""
        if self.arrival_state is None:
            return None
        return ArrivalStatus(ArrivalState(self.arrival_state), self.arrival_day, self.arrival_question)

    @property
    def sent_again_on(self) -> date | None:
        """Return the day of sending: as reported while proof is awaited, else the day on which it was marked as sent.

        None if the letter was not sent again.
        """
        if self.arrival is None:
            return None
        if self.arrival.is_awaited:
            return self.arrival_day
        return danish.local_date(self.followup.done_at) if self.followup.done_at else None

    @property
    def date_badge(self) -> Badge | None:
        """Return the badge of a date in force that is near or late; None for a date that needs nothing more."""
        day, today = self.date_in_force, calendar.today()
        if day is None or (day < today and not self.is_date_late):
            return None
        if self.is_date_late:
            return Badge(f"Passeret {danish.day_month(day)}", "is-late", "error")
        is_near = (day - today).days < 7
        return Badge(f"Dato {danish.days_left(day, today) if is_near else danish.day_month(day)}", "is-soon", "time")

    @property
    def status_badge(self) -> Badge:
        return AWAITS_READER_BADGE if self.awaits_reader else self.impersonal_status_badge

    @property
    def impersonal_status_badge(self) -> Badge:
        """Return the badge for a file or a print that the reader hands on: it never says «dig»."""
        followup = self.followup
        if followup.misses_answer and self.reader_may_read:
            return LACKS_ANSWER_BADGE
        return STATUS_BADGES[Status(followup.status)]

    @property
    def asks_about_deletion(self) -> bool:
        """Return whether a reader who may know it sees that the deletion of the letter is awaited."""
        return self.sent_back_at is None and self.followup.awaits_deletion and self.reader_may_read

    @property
    def status_note(self) -> str:
        """Return what stands below the status of a decided letter."""
        if self.sent_back_at:
            return f"siden {danish.day_month(self.sent_back_at)}"
        if self.asks_about_deletion:
            return "spørg igen om sletning"
        return self.followup.remedy_badge.label if self.followup.remedy_badge else ""

    @property
    def decision_badges(self) -> list[Badge]:
        """Return what a leader looks at in the decision before confirming."""
        followup, found = self.followup, []
        if followup.consequence_review == FollowUp.ConsequenceReview.FOUND:
            found.append(Badge("Har fået konsekvenser", "is-late", "error"))
        elif followup.is_review_open:
            found.append(Badge("Konsekvenser ikke afklaret", "is-soon", "warning"))
        if followup.deadline_missed and not followup.new_deadline:
            found.append(Badge("Dato passeret", "is-soon", "time"))
        elif followup.denied_due_date and self.reader_may_read:
            found.append(Badge("Dato passeret, men afsenderen har svaret nej", "is-soon", "time"))
        return [*found, Badge("Rettet efter bekræftelse", "is-soon", "warning")] if self.is_corrected else found

    @property
    def decision_notes(self) -> list[str]:
        """Return the reason, the dates and the remedial action of the decision, for a reader who may read them."""
        followup, notes = self.followup, []
        if not self.reader_may_read:
            return []
        if followup.no_dispatch_reason:
            notes.append(f"Begrundelse: {followup.no_dispatch_reason}")
        if followup.deadline_missed:
            old = f"Dato i det gamle brev: {danish.date(followup.missed_on)}. " if followup.missed_on else ""
            new = f"Ny dato: {danish.date(followup.new_deadline)}." if followup.new_deadline else "Ingen ny dato."
            notes.append(f"{old}{new}")
        return [*notes, f"Håndteret: {followup.handled_text}"] if followup.handled_text else notes

    @property
    def escalation_badge(self) -> Badge | None:
        """Return the badge about the question to a desk, or None if nobody has asked a desk."""
        if self.is_with_desk and not self.answered_by:
            return Badge(f"{self.taken_by} har henvendelsen", "is-info", "person") if self.taken_by else NOT_TAKEN_BADGE
        badges = QUESTION_BADGES if self.is_with_asker else ANSWER_BADGES
        return badges[Desk(self.answered_by)] if self.answered_by else None
