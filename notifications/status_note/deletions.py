"""The figures about deletion by the wrong recipient, in the note of the kinds of incident that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from followups.models import FollowUp
from followups.reporting.figure_definitions import DELETION
from followups.reporting.figures import FigureValue, Scope


class Deletion(NamedTuple):
    """An answer about deletion, and the Danish words of its figure.

    `known`, `missing`: the sentence of the note under *Det ved vi* or *Det mangler*, with {} for the letters.
    """

    answer: FollowUp.Deletion
    key: str
    label: str
    sentence: str
    known: str = ""
    missing: str = ""


DELETIONS = [
    Deletion(
        FollowUp.Deletion.CONFIRMED,
        f"{DELETION}confirmed",
        "er slettet hos den forkerte modtager",
        "Breve, som den forkerte modtager har bekræftet at have slettet.",
        known="Den forkerte modtager har bekræftet, at {} er slettet.",
    ),
    Deletion(
        FollowUp.Deletion.NO_CONFIRMATION,
        f"{DELETION}unconfirmed",
        "får ingen bekræftelse på sletning",
        "Breve, som den forkerte modtager ikke vil eller kan bekræfte at have slettet.",
        known="Der kommer ingen bekræftelse på, at {} er slettet.",
    ),
    Deletion(
        FollowUp.Deletion.NOT_YET,
        f"{DELETION}open",
        "mangler en bekræftelse på sletning",
        "Breve, som den forkerte modtager ikke har bekræftet at have slettet endnu.",
        missing="Den forkerte modtager mangler at bekræfte, at {} er slettet.",
    ),
]


def deletion_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield the figures if the kind of incident asks about deletion. At most one query."""
    if "deletion" not in scope.incident.rules.questions:
        return
    lists = {one.answer.value: ArrayAgg("pk", filter=Q(followup__deletion=one.answer), default=[]) for one in DELETIONS}
    found = scope.letters.order_by().aggregate(**lists)
    for one in DELETIONS:
        ids = sorted(found[one.answer.value])
        yield FigureValue(one.key, one.label, one.sentence, len(ids), ids)
