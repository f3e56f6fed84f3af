"""Confirm many letters: first a preview with the letters that need attention, then a button that confirms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from followups import selection, services
from followups.boards.board_letters import board_letters, units_with_list_for
from followups.boards.filters import STATUS_THEIRS, LetterFilter, filter_query
from followups.models import LetterRow
from followups.navigation import origin_query
from followups.reporting.letter_figures import REMEDY_LABELS
from followups.rules import rights
from followups.rules.letter_rows import fetch_rows
from followups.selection import (
    SkippedGroup,
    format_current_versions,
    group_by_reason,
    letters_at_versions,
    parse_versions,
)
from letters.incidents import incident_or_404
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish, logs

#: Reason to skip a letter that awaits a leader other than the reader.
HAS_NEARER_LEADER = "Brevet har selv en leder, der kan bekræfte."
NONE_CONFIRMED = "Ingen breve blev bekræftet. Vælg mindst ét."


@dataclass(frozen=True)
class ConfirmPreview:
    """The effect of confirming the selected letters: those that the page shows, none of them folded.

    `needing_attention`: letters where somebody was or may be harmed, a deadline was missed, or a confirmed
    decision was corrected. `left_count`: letters beyond the limit of the page, which stay unconfirmed.
    `nearer_leader_count` is the number of letters with a leader nearer than the reader.
    """

    needing_attention: list[LetterRow]
    routine: list[LetterRow]
    by_remedy: list[tuple[str, int]]
    skipped: list[SkippedGroup]
    left_count: int
    nearer_leader_count: int
    versions_text: str

    @property
    def count(self) -> int:
        return len(self.needing_attention) + len(self.routine)


def preview_confirmation(
    seen_versions: Mapping[Letter, int], reader: User, skips_other_leaders: bool
) -> ConfirmPreview:
    """Return the effect of confirming the letters. Nothing is saved.

    With `skips_other_leaders`, letters that have a leader nearer than the reader are skipped.
    """
    found = services.preview_confirmation(seen_versions, by=reader)
    rows = fetch_rows(reader, [followup.letter_id for followup in found.eligible])
    eligible = sorted(rows, key=lambda one: (danish.sort_key(one.shown_sender), one.sent_at))
    of_others = [letter for letter in eligible if not letter.awaits_reader]
    skipped = found.skipped
    if skips_other_leaders:
        eligible = [letter for letter in eligible if letter.awaits_reader]
        skipped = skipped + [(letter, HAS_NEARER_LEADER) for letter in of_others]
    shown = sorted(eligible, key=needs_attention, reverse=True)[: selection.MAX_LISTED]
    remedies = [letter.followup.remedy for letter in shown]
    return ConfirmPreview(
        needing_attention=[letter for letter in shown if needs_attention(letter)],
        routine=[letter for letter in shown if not needs_attention(letter)],
        by_remedy=[(label, remedies.count(one)) for one, label in REMEDY_LABELS.items() if one in remedies],
        skipped=group_by_reason(skipped),
        left_count=len(eligible) - len(shown),
        nearer_leader_count=sum(not letter.awaits_reader for letter in shown),
        versions_text=format_current_versions(shown),
    )


def needs_attention(letter: LetterRow) -> bool:
    followup = letter.followup
    is_about_date = followup.deadline_missed or followup.denied_due_date
    return followup.may_have_harmed or bool(is_about_date) or letter.is_corrected


NONE_CHOSEN = "Du har ikke valgt nogen breve. Gå tilbage, og sæt kryds ved dem, du vil bekræfte."
NONE_WAITING = "Ingen af brevene venter på din bekræftelse."


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_many(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the preview for the ticked letters or all letters of the filter (`?alle=1`). Confirm on POST."""
    unit = get_object_or_404(units_with_list_for(request.user), pk=pk)
    letters = board_letters(unit, incident_or_404(request), request.user)
    if not rights.may_confirm_in_unit(request.user, unit, letters):
        raise PermissionDenied
    filters = filter_query(request.GET, without=("alle", "valgt"))
    back = f"{reverse('board', args=[pk])}{filters}#breve"
    if request.method == "POST":
        return _confirm_selected(request, letters, back)
    preview = _preview_context(request, letters, unit)
    context = preview | {"unit": unit, "back": back, "filter_query": filters, "origin": origin_query(request)}
    context["lies_under"] = "boards"
    return render(request, "followups/bulk_confirm.html", context)


def _preview_context(request: SignedInRequest, letters: LetterQuerySet, unit: Unit) -> dict[str, object]:
    everything = LetterFilter(request.GET, letters, unit, request.user).letters_to_act_on
    found = selection.select_letters(request.GET, letters, everything, NONE_CHOSEN, NONE_WAITING)
    # «Alle» means the letters that await the reader, unless the reader asked for the letters of other leaders.
    leaves_others = "alle" in request.GET and request.GET.get("status") != STATUS_THEIRS
    return {
        "preview": preview_confirmation(found.seen_versions, request.user, skips_other_leaders=leaves_others),
        "outside_list": found.outside_list,
        "empty_message": found.empty_message,
    }


def _posted_versions(data: QueryDict) -> list[str]:
    """Return the letters of the pressed button: all that the board shows, those of the preview, or the ticked ones."""
    shown = data.get("alle") or data.get("breve")
    return str(shown).split() if shown else data.getlist("valgt")


def _seen_versions(letters: LetterQuerySet, values: list[str]) -> tuple[dict[Letter, int], int]:
    return letters_at_versions(letters.filter(followup__isnull=False), parse_versions(values))


def _confirm_selected(request: SignedInRequest, letters: LetterQuerySet, back: str) -> HttpResponse:
    """Confirm the letters at the versions that the page showed. Letters outside the list are skipped."""
    seen_versions, outside_list = _seen_versions(letters, _posted_versions(request.POST))
    outcome = services.confirm_letters(seen_versions, by=request.user)
    logs.log_security_event("confirmed_many", request.user.pk, count=len(outcome.done))
    add_outcome_messages(request, outcome, seen_versions, outside_list)
    return redirect(back)


@require_POST
def undo_confirmations(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo the reader's confirmations of the posted letters, made today."""
    unit = get_object_or_404(units_with_list_for(request.user), pk=pk)
    letters = board_letters(unit, incident_or_404(request), request.user)
    seen_versions, _ = _seen_versions(letters, _posted_versions(request.POST))
    outcome = services.undo_confirmations(seen_versions, by=request.user)
    logs.log_security_event("unconfirmed_many", request.user.pk, count=len(outcome.done))
    if outcome.done:
        undone = danish.count(len(outcome.done), "bekræftelse er fortrudt", "bekræftelser er fortrudt")
        messages.success(request, f"{undone}.")
    if outcome.skipped:
        kept = danish.count(len(outcome.skipped), "brev er ikke ændret", "breve er ikke ændret")
        messages.warning(request, f"{kept}: {outcome.reasons}")
    return redirect("board", pk)


def add_outcome_messages(
    request: SignedInRequest, outcome: services.Outcome, letters: Iterable[Letter], outside_list: int
) -> None:
    """Add messages about the confirmed letters, and about the skipped letters with reasons.

    Letters are named by the subject that the reader may see.
    """
    if outcome.done:
        messages.success(
            request, f"Du har bekræftet {danish.count(len(outcome.done), 'brev', 'breve')}.", extra_tags="breve"
        )
    names = {letter.pk: letter.shown_subject for letter in letters}
    reasons = [f"»{names[letter.pk]}«: {why}" for letter, why in outcome.skipped[: selection.MAX_NAMED]]
    if len(outcome.skipped) > selection.MAX_NAMED:
        reasons.append(f"Og {danish.number(len(outcome.skipped) - selection.MAX_NAMED)} andre.")
    if reasons:
        skipped = danish.count(len(outcome.skipped), "brev", "breve")
        messages.warning(request, f"{skipped} blev ikke bekræftet. {' '.join(reasons)}", extra_tags="breve")
    if outside_list or not (outcome.done or outcome.skipped):
        not_here = danish.count(outside_list, "brev", "breve")
        said = f"{not_here} er ikke på listen og er ikke ændret." if outside_list else NONE_CONFIRMED
        messages.warning(request, said, extra_tags="breve")
