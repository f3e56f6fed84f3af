"""Read model of a committed list: the letters by result, with a link for every number."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import reverse

from letters.import_pages import check_page
from letters.import_pages.check_page import CheckPageAddress
from letters.importing.commit import withdraw_letters
from letters.importing.commit.undo_import import touched_letters
from letters.importing.plan.letter_comparison import RowCounts
from letters.models import ImportBatch, LetterChange
from letters.models.letter import HAS_DECISION, LetterQuerySet
from sepo_incident.core import danish
from sepo_incident.core.components import Tile

Kind = LetterChange.Kind


class LetterGroup(NamedTuple):
    """A group of a list's letters: the title of the page, the text for no letters, and the condition."""

    title: str
    none: str
    condition: Q


def find_group(batch: ImportBatch, slug: str) -> LetterGroup | None:
    """Return the group that the URL names, or None."""
    withdrawn = LetterChange.objects.filter(batch=batch, kind=Kind.WITHDRAWN).values("letter")
    groups = {
        "nye": LetterGroup("Breve, der kom ind med listen", "Ingen breve kom ind med listen.", Q(batch=batch)),
        "tilbage": LetterGroup(
            "Breve, der er trukket tilbage",
            "Ingen breve er trukket tilbage efter listen.",
            Q(pk__in=withdrawn, withdrawn_at__isnull=False),
        ),
        "besluttede": LetterGroup(
            "Breve fra listen, der har en beslutning", "Ingen af listens breve har en beslutning.", HAS_DECISION
        ),
    }
    return groups.get(slug)


def letters_in_group(batch: ImportBatch, chosen: LetterGroup, seen: LetterQuerySet) -> LetterQuerySet:
    """Return the letters of the group among `seen`, in the order of the list."""
    letters = seen.filter(pk__in=touched_letters(batch).values("pk")).filter(chosen.condition)
    return letters.select_related("sender", "unit").order_by("batch_sheet", "batch_row", "pk")


def build_committed_context(batch: ImportBatch, at: CheckPageAddress) -> dict[str, Any]:
    """Return the context of the check page, with the results of the commit."""
    seen = check_page.check_page_context(batch, at)
    gone = LetterChange.objects.filter(batch=batch, kind=Kind.WITHDRAWN).exclude(letter__withdrawn_at=None)
    withdrawn = gone.values("letter").distinct().count()
    return seen | {
        "tiles": build_committed_tiles(batch, seen["counts"], withdrawn),
        "is_newest": withdraw_letters.is_newest_batch(batch),
    }


def build_committed_tiles(batch: ImportBatch, counts: RowCounts, withdrawn: int) -> list[Tile]:
    """Return the tiles: some always, the rest if not zero."""
    page = reverse("import_batch", args=[batch.pk])
    letters = {slug: reverse("batch_letters", args=[batch.pk, slug]) for slug in ("nye", "tilbage")}
    changes = reverse("changed_letters", args=[batch.pk])
    taken = counts.changed - counts.left
    shown = [
        (counts.new, "nyt brev", "nye breve", "is-ok", letters["nye"], True),
        (taken, "brev er rettet", "breve er rettet", "is-info", changes, True),
        (counts.left, "ændring er ikke taget med", "ændringer er ikke taget med", "is-soon", changes, False),
        (withdrawn, "brev er trukket tilbage", "breve er trukket tilbage", "is-soon", letters["tilbage"], False),
        (counts.known, "var kendt i forvejen", "var kendt i forvejen", "", f"{page}?vis=kendte#raekker", True),
        (counts.rejected, "række er afvist", "rækker er afvist", "is-late", f"{page}?vis=afviste#raekker", True),
    ]
    return [Tile.from_count(number, *told) for number, *told, is_always_there in shown if number or is_always_there]


def undo_refusal(decided: int) -> str:
    """Return the Danish reason why a list cannot be undone. `decided`: number of letters with a decision."""
    has = "1 brev fra listen har" if decided == 1 else f"{danish.number(decided)} breve fra listen har"
    return f"{has} en beslutning, og en beslutning forsvinder aldrig med en liste."
