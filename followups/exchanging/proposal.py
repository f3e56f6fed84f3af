"""What a page has shown of a workbook, on its way from that page to the button: signed, and only for whom it was shown.

Nothing is stored on the way. Each letter travels at the version that was shown, so what happened since is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core import signing

from followups import services
from followups.answers import Answers
from followups.exchanging.comparing import Change
from followups.models import BulkDecision
from followups.services import Asked
from letters.models import Letter
from sepo_incident.accounts.models import User

#: a working day: later than that, the workbook is chosen again
LASTS = timedelta(hours=10)


def as_text(changes: Iterable[Change], reader: User) -> str:
    lines = [[change.letter.pk, change.version, change.answers.as_json()] for change in changes]
    return signing.dumps(lines, salt=_salt(reader), compress=True)


def as_shown(text: str, reader: User) -> dict[int, Asked] | None:
    """Letter → what is to be decided; None for what we have not shown this person today."""
    try:
        lines = signing.loads(text, salt=_salt(reader), max_age=LASTS)
    except signing.BadSignature:
        return None
    return {pk: Asked(version, Answers.from_json(answers)) for pk, version, answers in lines}


def apply(shown: dict[int, Asked], by: User) -> BulkDecision | None:
    """Decide as it was shown; what happened since is left alone, and said. None where no letter is there any more."""
    letters = Letter.objects.visible_to(by).filter(pk__in=list(shown), followup__isnull=False)
    asked = {letter: shown[letter.pk] for letter in letters}
    return services.begin(asked, by, BulkDecision.Way.WORKBOOK) if asked else None


def _salt(reader: User) -> str:
    return f"followups.exchanging.proposal.{reader.pk}"
