"""The answers that stand on many letters at once."""

from __future__ import annotations

from collections.abc import Iterable

from followups.answers import Answers
from followups.letter import letter_page
from followups.models import Decision, FollowUp


def answers_of(followups: Iterable[FollowUp]) -> dict[int, Answers]:
    """Id of the follow-up → what was decided and what was done since. Undecided ones are left out. One query."""
    decided = {followup.pk: followup for followup in followups if not followup.is_open}
    last = Decision.objects.filter(followup__in=list(decided), kind=Decision.Kind.DECIDED)
    last = last.order_by("followup", "-version").distinct("followup")
    return {one.followup_id: letter_page.as_it_stands(one, decided[one.followup_id]) for one in last}


def newest_of(followups: Iterable[FollowUp]) -> dict[int, Decision]:
    """Id of the follow-up → the last that happened, whatever it was. One query."""
    newest = Decision.objects.filter(followup__in=[followup.pk for followup in followups])
    newest = newest.select_related("by", "on_behalf_of").order_by("followup", "-version").distinct("followup")
    return {one.followup_id: one for one in newest}
