"""*Kladde*: unsaved answers of the decision form, kept on the server for the writer alone."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from followups.decision_form import DecisionForm
from followups.letter import history, letter_page
from followups.models import DecisionDraft, FollowUp, LetterRow
from followups.models.drafts import MAX_CHARACTERS
from followups.services.state_machine import Kind
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr
from sepo_incident.core.database import Conflict

TOO_LONG = "Kladden er for lang. Skriv kortere, eller gem beslutningen."
ANOTHER_DRAFT = "Du har en anden kladde om brevet"
SAVED_OR_DISCARDED = "Du har gemt brevet eller kasseret kladden et andet sted"


class DraftNotKept(Conflict):
    """Raised when a draft is not saved.

    The text is a Danish sentence. `stored` is the draft that is stored instead, or None.
    """

    def __init__(self, why: str, stored: DecisionDraft | None = None):
        super().__init__(why)
        self.stored = stored


def typed_fields(data: QueryDict) -> dict[str, Any]:
    """Return the typed values of the decision form's own fields. CPR numbers are masked before a value is stored."""
    found = {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in DecisionForm.base_fields.items()
        if name != "version"
    }
    return {name: _mask_value(value) for name, value in found.items() if any(value or "")}


def _mask_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_mask_value(one) for one in value]
    return cpr.mask(value.replace("\0", "")) if isinstance(value, str) else value


def draft_of(letter: LetterRow, person: User) -> DecisionDraft | None:
    """Return the draft about the letter of the person, its reader, or None.

    Only for a person who may decide about the letter now, because the draft may reveal a hidden subject.
    """
    if not letter.has_draft or not letter.reader_may_decide_now:
        return None
    return DecisionDraft.objects.written_by(person).filter(followup__letter=letter).first()


def last_act_since(draft: DecisionDraft, followup: FollowUp, person: User) -> str:
    """Return the last act on the letter since the draft, or "". One query if the follow-up has changed since."""
    last = letter_page.latest_history_row(followup) if followup.version != draft.followup_version else None
    return history.decision_sentence(last, person) if last else ""


@transaction.atomic
def keep_draft(
    followup: FollowUp,
    by: User,
    typed: dict[str, Any],
    followup_version: int,
    version: int,
    *,
    is_explicit: bool = False,
) -> DecisionDraft | None:
    """Save the typed values as the person's draft. Return the draft, or None if nothing was typed.

    `followup_version` is the version of the follow-up that the form was made from; `version` is the version of the
    draft, 0 for none. With `is_explicit` the person pressed a button, so the draft is kept even if the person has
    saved a decision since.

    Locks the follow-up, so that no draft is stored after a decision that is being saved. Raises DraftNotKept.
    """
    if len(json.dumps(typed, ensure_ascii=False)) > MAX_CHARACTERS // 2:
        raise DraftNotKept(TOO_LONG)
    FollowUp.objects.select_for_update(no_key=True).get(pk=followup.pk)
    stored = DecisionDraft.objects.written_by(by).filter(followup=followup).first()
    if (stored.typed if stored else {}) == typed:
        return stored
    # a decision or a question that the person has saved after `followup_version`, for example from another tab
    saved = followup.decisions.filter(by=by, kind__in=[Kind.DECIDED, Kind.HELP_ASKED], version__gt=followup_version)
    is_late = not stored and not is_explicit and saved.exists()
    if is_late or (stored.version if stored else 0) != version:
        raise DraftNotKept(ANOTHER_DRAFT if stored else SAVED_OR_DISCARDED, stored)
    draft = stored or DecisionDraft(by=by, followup=followup, version=0)
    draft.typed, draft.followup_version, draft.saved_at = typed, followup_version, timezone.now()
    draft.version += 1
    draft.save()
    return draft


def discard_draft(followup: FollowUp, by: User, version: int) -> None:
    """Delete the person's draft at that version. Raise DraftNotKept if the draft has a newer version."""
    own = DecisionDraft.objects.written_by(by).filter(followup=followup)
    is_gone = own.filter(version=version).delete()[0]
    if not is_gone and (stored := own.first()):
        raise DraftNotKept(ANOTHER_DRAFT, stored)


def delete_expired_drafts() -> int:
    """Delete the drafts that are older than the retention period. Return the number of deleted rows."""
    return DecisionDraft.objects.expired(timezone.now()).delete()[0]
