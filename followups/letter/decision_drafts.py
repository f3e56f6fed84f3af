"""*Kladde*: what somebody has typed in the decision form and not saved, kept on the server for them alone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import QueryDict
from django.utils import timezone

from followups.decision_form import DecisionForm
from followups.letter import history, letter_page
from followups.models import Decision, FollowUp, HalfWritten
from followups.models.decision_draft import MAX_CHARACTERS
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr
from sepo_incident.core.conflict import Conflict

TOO_LONG = "Der står for meget til en kladde. Skriv kortere, eller gem beslutningen."
ANOTHER_DRAFT = "Du har en anden kladde om brevet"
SAVED_OR_DISCARDED = "Du har gemt brevet eller kasseret kladden et andet sted"


class DraftNotKept(Conflict):
    """Why, as a Danish sentence, and the draft that ``stands`` instead, if there is one."""

    def __init__(self, why: str, stands: HalfWritten | None = None):
        super().__init__(why)
        self.stands = stands


class DraftOffer(NamedTuple):
    """A draft that waits for its writer; ``since``: what has happened to the letter meanwhile, "" for nothing."""

    draft: HalfWritten
    since: str


def typed_fields(data: QueryDict) -> dict[str, Any]:
    """The form's own fields and nothing else, as they were typed; CPR numbers are masked before anything is kept."""
    fields = {name: field.widget for name, field in DecisionForm.base_fields.items() if name != "version"}
    found = {name: widget.value_from_datadict(data, {}, name) for name, widget in fields.items()}
    return {name: _mask_value(value) for name, value in found.items() if any(value or "")}


def _mask_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_mask_value(one) for one in value]
    return cpr.mask(value.replace("\0", "")) if isinstance(value, str) else value


def annotate_draft(letters: LetterQuerySet, person: User) -> LetterQuerySet:
    """Each knows whether this person has one about it, so that a page without one asks nothing more."""
    own = HalfWritten.objects.of(person).filter(followup__letter=OuterRef("pk"))
    return letters.annotate(draft_id=Subquery(own.values("pk")[:1]))


def draft_of(letter: Letter, person: User) -> HalfWritten | None:
    """Of a letter ``with_drafts``; for whoever may decide about it now, as it may be about a hidden subject."""
    draft_id: int | None = letter.draft_id  # type: ignore[attr-defined]
    if draft_id is None or not letter_page.may_read_and_decide(person, letter):
        return None
    return HalfWritten.objects.of(person).filter(pk=draft_id).first()


def offer_draft(draft: HalfWritten, followup: FollowUp, person: User) -> DraftOffer:
    """One query more where something has happened since."""
    last = letter_page.latest_decision_row(followup) if followup.version != draft.seen else None
    return DraftOffer(draft, history.decision_sentence(last, person) if last else "")


@transaction.atomic
def keep_draft(
    followup: FollowUp, by: User, words: dict[str, Any], seen: int, version: int, *, is_asked: bool = False
) -> HalfWritten | None:
    """``seen``: the version of the follow-up that the form was made from; ``version``: that of the draft, 0 for none.
    ``is_asked``: a person pressed a button, so it may be kept although they saved a decision since. None where nothing
    was typed.

    It waits for whoever is saving a decision, so that no draft of it comes after. Raises ``NotKept``.
    """
    if len(json.dumps(words, ensure_ascii=False)) > MAX_CHARACTERS // 2:
        raise DraftNotKept(TOO_LONG)
    FollowUp.objects.select_for_update(no_key=True).get(pk=followup.pk)
    stands = HalfWritten.objects.of(by).filter(followup=followup).first()
    if (stands.typed if stands else {}) == words:
        return stands
    is_late = not stands and not is_asked and _has_saved_since(followup, by, seen)
    if is_late or (stands.version if stands else 0) != version:
        raise DraftNotKept(ANOTHER_DRAFT if stands else SAVED_OR_DISCARDED, stands)
    draft = stands or HalfWritten(by=by, followup=followup, version=0)
    draft.typed, draft.seen, draft.saved_at = words, seen, timezone.now()
    draft.version += 1
    draft.save()
    return draft


def _has_saved_since(followup: FollowUp, by: User, seen: int) -> bool:
    """Has this person saved from another tab what they are still typing in this one?"""
    saved = [Decision.Kind.DECIDED, Decision.Kind.HELP_ASKED]
    return followup.decisions.filter(by=by, kind__in=saved, version__gt=seen).exists()


def discard_draft(followup: FollowUp, by: User, version: int) -> None:
    """Raises ``NotKept`` where it was written on since it was seen."""
    own = HalfWritten.objects.of(by).filter(followup=followup)
    is_gone = own.filter(version=version).delete()[0]
    if not is_gone and (stands := own.first()):
        raise DraftNotKept(ANOTHER_DRAFT, stands)


def delete_expired_drafts(now: datetime | None = None) -> int:
    """Delete those that nobody came back to. Returns how many."""
    return HalfWritten.objects.expired(now or timezone.now()).delete()[0]
