"""The texts that a desk answers with often. Two at once take turns, and the later is told of the other."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from followups.models import StandardAnswer
from sepo_incident.accounts.models import User
from sepo_incident.ledgers.acting import done_by
from sepo_incident.overtaken import Overtaken

#: what people say of one
FIELDS = ("desk", "title", "text")


@transaction.atomic
def add(answer: StandardAnswer, by: User) -> None:
    done_by(by.pk)
    answer.changed_by = by
    answer.save()


@transaction.atomic
def change(answer: StandardAnswer, seen: int, by: User) -> None:
    """``seen`` is the version that was read. Raises ``Overtaken``, but not for saying the same twice."""
    said = {name: getattr(answer, name) for name in FIELDS}
    now = _held(answer)
    if now is not None and {name: getattr(now, name) for name in FIELDS} == said:
        return
    if now is None or now.version != seen:
        raise Overtaken
    done_by(by.pk)
    same = StandardAnswer.objects.filter(pk=answer.pk)
    same.update(**said, version=F("version") + 1, changed_by=by, changed_at=timezone.now())


@transaction.atomic
def delete(answer: StandardAnswer, seen: int, by: User) -> None:
    """Raises ``Overtaken``."""
    now = _held(answer)
    if now is None or now.version != seen:
        raise Overtaken
    done_by(by.pk)
    now.delete()


def _held(answer: StandardAnswer) -> StandardAnswer | None:
    return StandardAnswer.objects.select_for_update(of=("self",)).filter(pk=answer.pk).first()
