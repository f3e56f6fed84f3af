"""The page of a letter as its reader sees it: what is read for the page, and its addresses.

`panels` says where the letter stands, `form_panels` shows the decision form, and `frame` what stands around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from followups import services
from followups.decision_form import DecisionForm
from followups.letter import letter_navigation, letter_page
from followups.letter.decision_drafts import DraftNotKept
from followups.letter.forms import ActForm, DueDateForm, SendBackForm, statement_forms
from followups.models import Decision, DecisionDraft, Escalation, FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.navigation import SavedLetter, add_origin
from followups.rules import letter_state, rights
from followups.rules.letter_state import last_act
from followups.services.state_machine import TRANSITIONS
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar, danish
from sepo_incident.core.jinja import change_query, url
from sepo_incident.core.panels import SECONDARY, Action, Fold, Part, PostedForm

Kind, Status = Decision.Kind, FollowUp.Status


@dataclass(frozen=True, eq=False)
class LetterPage:
    """A letter for the reader of the request. Each fact is read when the page first needs it.

    `form`: the decision form, with `is_fetched` filled from an earlier decision or from `draft`. `saved`: the letter
    saved just before. `other`: what somebody saved meanwhile, and `lost_reason`: what the form no longer asks for.
    `act_form`, `date_form`, `draft_refusal`: what could not be saved, and `refusal`: why.
    """

    request: SignedInRequest
    letter: LetterRow
    form: DecisionForm | None = None
    is_fetched: bool = False
    draft: DecisionDraft | None = None
    saved: SavedLetter | None = None
    other: Decision | None = None
    lost_reason: str = ""
    act_form: ActForm | None = None
    date_form: DueDateForm | None = None
    draft_refusal: DraftNotKept | None = None
    refusal: str = ""

    # --- What is read ---

    @cached_property
    def reader(self) -> User:
        return self.request.user

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def today(self) -> date:
        return calendar.today()

    @cached_property
    def followup(self) -> FollowUp | None:
        return followup_of(self.letter)

    @cached_property
    def allowed(self) -> rights.LetterRights:
        return rights.rights_from(self.letter)

    @cached_property
    def may_decide(self) -> bool:
        return self.letter.reader_may_decide_now

    @cached_property
    def is_own(self) -> bool:
        return self.letter.sender_id == self.reader.pk

    @property
    def status(self) -> str:
        """Return the status of the follow-up, "" before it is opened."""
        return self.followup.status if self.followup else ""

    @property
    def is_personnel_desk(self) -> bool:
        return self.letter.is_personnel_case and Membership.Role.HR in self.reader.roles

    @property
    def awaits_opening(self) -> bool:
        """Return whether Personalejura must open the personnel case before its sender or leader may read it."""
        is_owner = self.reader.viewer is None and self.reader.pk in (self.letter.sender_id, self.letter.leader_id)
        return is_owner and not self.letter.reader_may_read and self.letter.accepts_changes

    @cached_property
    def act_forms(self) -> dict[str, ActForm]:
        """Return the forms of the acts open to the reader, by name; one that could not be saved as it was typed."""
        found = statement_forms(self.letter, self.allowed)
        if self.act_form and self.act_form.name in found:
            found[self.act_form.name] = self.act_form
        return found

    @property
    def missing_answer(self) -> str:
        """Return what must be answered before the leader can confirm, for a reader who may know; else ""."""
        is_known = self.letter.reader_may_read and self.letter.withdrawn_at is None
        lacks = self.followup if self.followup and self.followup.lacks_answer and is_known else None
        return services.explain_missing_answer(lacks) if lacks else ""

    @cached_property
    def may_confirm(self) -> bool:
        return SendBackForm.name in self.act_forms and not self.missing_answer

    @cached_property
    def decision(self) -> Decision | None:
        return last_act(self.followup, Decision.Kind.DECIDED) if self.followup and not self.followup.is_open else None

    @cached_property
    def leader_question(self) -> letter_state.LeaderQuestion | None:
        return (
            letter_state.leader_question_on(self.followup)
            if self.followup and self.status != Status.CONFIRMED
            else None
        )

    @cached_property
    def escalation(self) -> Escalation | None:
        return letter_page.escalation_about(self.followup) if self.followup and self.letter.has_escalation else None

    @cached_property
    def changed_by_list_at(self) -> datetime | None:
        return letter_page.changed_by_list_at(self.followup) if self.followup and self.decision else None

    @cached_property
    def queue(self) -> letter_navigation.QueuePosition | None:
        """Return the place of the letter among those of its sender, for a reader who works through them."""
        works = self.may_decide and self.followup and (self.allowed.lead or not self.allowed.is_handed_over)
        return letter_navigation.queue_position(self.letter, self.reader) if works else None

    @property
    def shows_help(self) -> bool:
        """Return whether the sender gets help to find the mail, and drafts for the recipient."""
        return self.is_own and (self.form is not None or self.status == Status.DECIDED)

    @cached_property
    def original_gone(self) -> Decision | None:
        """Return who said when that the original mail is missing, for a reader who may read the letter."""
        if not self.followup or not self.followup.is_original_gone or not self.letter.reader_may_read:
            return None
        rows = self.followup.decisions.filter(kind=Kind.ORIGINAL_GONE).select_related("by")
        return rows.order_by("-version").first()

    @property
    def may_say_original(self) -> bool:
        """Return whether the reader may say now that the original mail is missing, or found."""
        return self.may_decide and self.status in TRANSITIONS[Kind.ORIGINAL_GONE]

    # --- Addresses, names and forms ---

    @cached_property
    def origin(self) -> str:
        return add_origin("", self.request)

    def url(self, name: str) -> str:
        """Return the address of a page about the letter, with the way back to the board."""
        return f"{url(name, self.letter.pk)}{self.origin}"

    def fetch_url(self, version: int) -> str:
        """Return the address of this page with the answers of an earlier decision."""
        return change_query(self.request.GET, hent=version, gemt=None)

    def correct_link(self, decision: Decision, style: str = SECONDARY) -> Action:
        return Action("Ret beslutningen", self.fetch_url(decision.version), style)

    def button(self, name: str, label: str, style: str = SECONDARY, form_style: str = "") -> Action:
        """Return a button that acts on the letter at the version shown."""
        return Action(label, self.url(name), style, self.version, form_style)

    def posted_form(self, form: ActForm, name: str, label: str, style: str = SECONDARY) -> PostedForm:
        return PostedForm(form, label, self.url(name), url(name, self.letter.pk), self.version, style)

    def folded_form(self, summary: str, form: ActForm, name: str, label: str, *above: Part) -> Fold:
        """Return a form that the reader unfolds. It is open if it could not be saved."""
        parts = [*above, self.posted_form(form, name, label)]
        return Fold(summary, parts, "screen-only", is_open=form.is_bound)

    @property
    def version(self) -> dict[str, object]:
        return {"version": self.followup.version} if self.followup else {}

    @property
    def sender(self) -> str:
        """Return the sender's name, or «Afsenderen», to begin a sentence with."""
        return self.letter.sender.name if self.letter.sender else "Afsenderen"

    def name_of(self, person: User) -> str:
        """Return «Du» or the name, to begin a sentence with."""
        return "Du" if person.pk == self.reader.pk else person.name

    def moment(self, at: datetime) -> str:
        return danish.moment_relative(at, self.now)
